// --- what the page says of guesses, rounds and games
import { element } from "/map/words.js";

export const distance = (d) => d < 10 ? `${d.toFixed(1)} km` : `${Math.round(d).toLocaleString("en")} km`;
const many = (n, one) => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;
export function placeWords({ latitude, longitude }) {
  return `${Math.abs(latitude).toFixed(1)}° ${latitude < 0 ? "south" : "north"}, ${Math.abs(longitude).toFixed(1)}° ${longitude < 0 ? "west" : "east"}`;
}
const HEADLINE = { person: "You were nearer.", model: "The model was nearer.", tie: "Equally near." };

function row(cells, tag = "td") {  // [text, class]
  const made = element("tr");
  for (const [text, name] of cells) made.append(element(tag, text, name));
  return made;
}
function table(head, rows) {
  const made = element("table"), top = element("thead"), body = element("tbody");
  top.append(row(head, "th"));
  body.append(...rows);
  made.append(top, body);
  return made;
}

export function verdict(answer) {
  const first = (side, name, place) => {
    const cell = element("td");
    cell.append(element("span", name, `key ${side}${answer.winner === side ? " won" : ""}`), element("div", place, "quiet under"));
    return cell;
  };
  const rows = [["person", "You", answer.guess.place], ["model", "Model", answer.model.place], ["truth", "Truth", answer.truth.place]].map(([side, name, place]) => {
    const made = element("tr");
    made.append(first(side, name, place), element("td", side === "truth" ? "" : distance(answer.km[side]), "number"),
      element("td", side === "truth" ? "" : answer.points[side].toLocaleString("en"), "number"));
    return made;
  });
  return [element("h2", HEADLINE[answer.winner]), table([["", ""], ["off by", "number"], ["points", "number"]], rows)];
}

export function roundTable(state, open) {
  const sums = { person: 0, model: 0 };
  const rows = state.photos.map(({ answer }, i) => {
    const made = element("tr"), first = element("td"), button = element("button", String(i + 1));
    button.type = "button";
    button.setAttribute("aria-label", `Show photo ${i + 1}`);
    button.addEventListener("click", () => open(i));
    first.append(button);
    made.append(first, element("td", answer.truth.place, "quiet"));
    for (const side of ["person", "model"]) {
      sums[side] += answer.points[side];
      const cell = element("td", distance(answer.km[side]), `number${answer.winner === side ? " won" : ""}`);
      cell.append(element("div", many(answer.points[side], "point"), "quiet"));
      made.append(cell);
    }
    return made;
  });
  const headline = sums.person === sums.model ? "A draw" : sums.person > sums.model ? "You won this round" : "The model won this round";
  return [element("h2", `${headline}: ${sums.person.toLocaleString("en")} to ${sums.model.toLocaleString("en")} points.`),
    table([["", ""], ["", ""], ["you", "number"], ["model", "number"]], rows)];
}

export function comparison(title, found) {
  if (!found.photos) return [element("h2", title), element("p", "No round of five photos was finished yet.", "quiet")];
  const [head, ...rows] = found.table, box = element("div", undefined, "wide");
  const cells = (texts) => texts.map((text, i) => [text, i ? "number" : ""]);
  box.append(table(cells(head), rows.map((texts) => row(cells(texts)))));
  const parts = [many(found.rounds, "round"), many(found.players, "player")];
  if (found.unfinished) parts.push(`${many(found.unfinished, "unfinished round")} left out`);
  return [element("h2", title), element("p", `${parts.join(", ")}.`, "quiet"), box, element("p", found.note, "quiet")];
}
