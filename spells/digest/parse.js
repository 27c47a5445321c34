// The first step of the digest: reads log lines and counts what they say, however often.

// /// spell
// name = "parse"
// description = "Count the messages of a log"
// [params.log]
// required = true
// [params.level]
// default = "warning"
// choices = ["debug", "info", "warning", "error"]
// ///

const LEVELS = ["debug", "info", "warning", "error"];
const LINE = /^(?<time>\d{4}-\d\d-\d\d[T ][\d:.,+Z-]+)\s.*?\b(?<level>DEBUG|INFO|WARN(?:ING)?|ERROR)\b[\s:\]]*(?<message>.+)$/i;
const least = LEVELS.indexOf(params.level);

const found = new Map();
for (const line of params.log.split("\n")) {
  const parts = LINE.exec(line)?.groups;
  const level = parts?.level.toLowerCase().replace(/^warn$/, "warning");
  if (!parts || LEVELS.indexOf(level) < least) continue;
  // Numbers differ from line to line; what happened is the same.
  const message = parts.message.replace(/\d+/g, "#");
  const entry = found.get(message) ?? { level, message, count: 0, first: parts.time };
  found.set(message, { ...entry, count: entry.count + 1, last: parts.time });
}

const entries = [...found.values()].sort((a, b) => b.count - a.count);
export default {
  total: entries.reduce((sum, entry) => sum + entry.count, 0),
  entries,
  summary: entries.map((e) => `${e.count}x ${e.level}: ${e.message}`).join("\n"),
};
