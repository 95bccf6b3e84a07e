// Edition over time, as steps.
import { day, el } from "./dom.js";

const LEVELS = ["advanced", "standard", "free", "none"];
const WIDTH = 360;
const HEIGHT = 150;
const LEFT = 66;
const TOP = 12;
const STEP = 30;

const level = (point) => LEVELS.indexOf(point.edition ?? "none");
const y = (index) => TOP + index * STEP;

export function plot(timeline, now) {
  if (!timeline.length) {
    return el("p", {}, "Nothing happened yet.");
  }
  const first = Date.parse(timeline[0].at);
  const last = Math.max(Date.parse(now), first + 86_400_000);
  const x = (time) => LEFT + ((Date.parse(time) - first) / (last - first)) * (WIDTH - LEFT - 12);
  const lines = LEVELS.map((name, index) => [
    el("line", { x1: LEFT, x2: WIDTH - 12, y1: y(index), y2: y(index), class: "grid" }),
    el("text", { x: LEFT - 8, y: y(index) + 4, "text-anchor": "end" }, name),
  ]).flat();
  const steps = timeline.map((point, index) => {
    const end = timeline[index + 1]?.at ?? now;
    const from = x(point.at);
    const to = Math.max(x(end), from + 2);
    const here = y(level(point));
    const before = index ? y(level(timeline[index - 1])) : here;
    const words = `${day(point.at)}: ${point.stage.replaceAll("_", " ")}, ${point.edition ?? "no edition"}`;
    return el(
      "path",
      { d: `M${from} ${before}V${here}H${to}`, class: point.trial ? "trial" : "paid" },
      el("title", {}, words),
    );
  });
  const ends = [
    el("text", { x: LEFT, y: HEIGHT - 6 }, day(timeline[0].at)),
    el("text", { x: WIDTH - 12, y: HEIGHT - 6, "text-anchor": "end" }, day(new Date(last).toISOString())),
  ];
  const said = timeline.map((point) => `${day(point.at)} ${point.edition ?? "none"}`).join(", ");
  const svg = el(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Edition over time: ${said}` },
    ...lines,
    ...steps,
    ...ends,
  );
  return el("figure", {}, svg, el("figcaption", {}, "Solid: paid for or none. Dashed: a trial."));
}
