#!/usr/bin/env llmspell
// /// spell
// name = m
// ///
1
