// What leakhunt is meant to reach, as numbers that a run can check.
import { bytesRead, figuresOf, nsPerEdge, ratio } from "./figures.mjs";

const GB = 1e9;
const MB = 1e6;
/** Below this, Node's own start is a good part of a run; the targets of T1, T2 and T3 are set for more. */
export const FROM_BYTES = 500 * MB;

/** DevTools' engine on the machine for which targets in seconds were set, T2 of the large file: a measure of other machines. */
export const REFERENCE = { wall: 44.0, cpu: 54.9 };

const ours = (record) => figuresOf(record, "leakhunt");
const rate = (record) => ours(record) && bytesRead(record) / GB / ours(record).cpu;
const megabytes = (record) => ours(record) && ours(record).rss / MB;
const secondsPerGb = (key) => (record) => ours(record) && ours(record)[key] / (bytesRead(record) / GB);
const against = (rival, key, mine = "leakhunt") => {
  return (record) => ratio(record, rival, mine, key);
};

/** `least` or `most` is the target; `measured` gives undefined when there is nothing to compare. */
const TARGETS = [
  { task: "T1", what: "GB of file per CPU-second", least: 1.5, measured: rate },
  { task: "T1", what: "MB at the peak of memory", most: 80, measured: megabytes },
  { task: "T1", what: "times less CPU than DevTools' loader", least: 35, only: "large", measured: against("DevTools, loader only", "cpu") },
  { task: "T2", what: "CPU-seconds per GB", most: 8, measured: secondsPerGb("cpu") },
  { task: "T2", what: "seconds per GB", most: 6.5, measured: secondsPerGb("wall") },
  {
    task: "T2",
    what: "times the file at the peak of memory",
    most: 0.9,
    measured: (record) => ours(record) && ours(record).rss / bytesRead(record),
  },
  { task: "T2", what: "times less time than DevTools", least: 8, measured: against("DevTools", "wall") },
  { task: "T2", what: "times less CPU than DevTools", least: 8, measured: against("DevTools", "cpu") },
  { task: "T2", what: "times less memory than DevTools", least: 3.5, measured: against("DevTools", "rss") },
  { task: "T3", what: "GB of files per CPU-second", least: 1, measured: rate },
  { task: "T3", what: "MB at the peak of memory", most: 90, measured: megabytes },
  { task: "T3", what: "times less CPU than DevTools", least: 30, measured: against("DevTools", "cpu") },
  { task: "T3", what: "times less CPU than memlab", least: 15, measured: against("memlab, counts only", "cpu") },
  ...["DevTools", "memlab"].flatMap((rival) => [
    {
      task: "T4",
      what: `times less CPU than ${rival} (path and picture against its path)`,
      least: 10,
      // it prints the path as well
      measured: against(rival, "cpu", "leakhunt backrefs -o refs.png"),
    },
    { task: "T4", what: `times less CPU than ${rival} (path against path)`, least: 10, measured: against(rival, "cpu", "leakhunt path") },
  ]),
  ...["common", "path"].map((verb) => ({
    task: "again",
    what: `times faster the second time (${verb})`,
    least: 5,
    measured: against(`leakhunt ${verb}`, "wall", `leakhunt ${verb}, again`),
  })),
];

/** CPU per edge must not grow with the heap: this size may cost so many times more per edge than that one. */
const STEADY = { task: "T2", small: "medium", big: "huge", most: 1.3 };

/** @returns {{ task: string, size: string, target: string, measured?: number, met?: boolean, early: boolean }[]} */
export function checkTargets(records) {
  const rows = records.flatMap((record) =>
    TARGETS.filter(({ task, only }) => task === record.task && (only ?? record.size) === record.size).map((target) => ({
      task: record.task,
      size: record.size,
      ...judged(target, target.measured(record)),
      early: /^T[123]$/.test(record.task) && record.files[0].bytes < FROM_BYTES,
    })),
  );
  const [small, big] = [STEADY.small, STEADY.big].map((size) =>
    records.find((record) => record.task === STEADY.task && record.size === size),
  );
  if (!small || !big || small.machine !== big.machine || !ours(small) || !ours(big)) return rows;
  const quotient = nsPerEdge(big, ours(big)) / nsPerEdge(small, ours(small));
  const what = `times the CPU per edge of ${STEADY.small}`;
  return [...rows, { task: STEADY.task, size: STEADY.big, ...judged({ what, most: STEADY.most }, quotient), early: false }];
}

function judged({ what, least, most }, measured) {
  const target = least === undefined ? `at most ${most} ${what}` : `at least ${least} ${what}`;
  return { target, measured, met: measured && (least === undefined ? measured <= most : measured >= least) };
}
