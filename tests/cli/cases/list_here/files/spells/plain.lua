#!/usr/bin/env llmspell
-- Says one.
return 1
