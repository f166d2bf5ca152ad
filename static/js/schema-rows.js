// Rows for the arguments of a function: name, type, description, required. They read and write the
// JSON Schema in the box below them, and stand back where they could not write it as it was typed.
const TYPES = ["string", "number", "integer", "boolean", "array", "object"];
const TOKENS = /"(?:[^"\\]|\\.)*"|\s+/g;

const states = new WeakMap(); // the place of the rows -> what they show

const boxOf = (place) => document.getElementById(place.dataset.schemaRows);
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

// The text without blanks, or nothing unless writing what was read gives just that again: numbers
// keep their spelling, members their order, and of equal names none is dropped.
function read(text) {
  try {
    const schema = JSON.parse(text);
    const bare = text.replace(TOKENS, (token) =>
      token[0] === '"' ? JSON.stringify(JSON.parse(token)) : "",
    );
    if (JSON.stringify(schema) !== bare || !isObject(schema)) return null;
    const { type = "object", properties = {}, required = [] } = schema;
    const fits =
      type === "object" &&
      isObject(properties) &&
      Object.values(properties).every(isObject) &&
      Array.isArray(required);
    return fits ? schema : null;
  } catch {
    return null;
  }
}

function rowsOf({ properties = {}, required = [] }) {
  return Object.entries(properties).map(([name, rules]) => ({
    name,
    rules,
    required: required.includes(name),
  }));
}

function written({ schema, rows }) {
  const properties = {};
  for (const { name, rules } of rows) {
    // Not by assignment, which would lose a member called __proto__.
    Object.defineProperty(properties, name, { value: rules, enumerable: true });
  }
  const names = new Set(rows.map(({ name }) => name));
  const known = new Set(Object.keys(schema.properties ?? {}));
  const wanted = rows.filter((row) => row.required).map(({ name }) => name);
  // What the rows do not show stays: names that are required and nowhere described.
  const others = (schema.required ?? []).filter((name) => !names.has(name) && !known.has(name));
  const after = { ...schema, properties };
  if (wanted.length || others.length) after.required = [...wanted, ...others];
  else delete after.required;
  return JSON.stringify(after, null, 2);
}

function write(place) {
  const state = states.get(place);
  const names = state.rows.map(({ name }) => name);
  const twice = new Set(names).size < names.length;
  place.querySelector("[data-twice]").hidden = !twice;
  if (twice) return;
  state.text = written(state);
  state.schema = JSON.parse(state.text);
  const box = boxOf(place);
  box.value = state.text;
  box.rows = Math.min(state.text.split("\n").length, 12);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

function made(tag, attributes, text = "") {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

function choice(rules, label) {
  const select = made("select", { class: "input", "aria-label": label, "data-cell": "type" });
  const own = typeof rules.type === "string" ? rules.type : JSON.stringify(rules.type);
  const others = own === undefined || TYPES.includes(own) ? [] : [own];
  for (const type of ["", ...TYPES, ...others]) {
    select.append(made("option", { value: type }, type || "any type"));
  }
  select.value = own ?? "";
  return select;
}

function rowFor({ name, rules, required }, number) {
  const row = made("li", { class: "schema-row" });
  const text = (cell, value, label, placeholder) => {
    const box = made("input", {
      class: "input",
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      "data-cell": cell,
      "aria-label": label,
      placeholder,
    });
    box.value = value;
    return box;
  };
  const tick = made("label", { class: "schema-row__required" });
  const check = made("input", { type: "checkbox", autocomplete: "off", "data-cell": "required" });
  check.checked = required;
  tick.append(check, " required");
  const { description = "" } = rules;
  row.append(
    text("name", name, `Name of argument ${number}`, "name"),
    choice(rules, `Type of argument ${number}`),
    tick,
    made(
      "button",
      {
        class: "act act--icon",
        type: "button",
        "data-drop-row": "",
        "aria-label": `Remove argument ${number}`,
      },
      "×",
    ),
    text(
      "description",
      typeof description === "string" ? description : JSON.stringify(description),
      `Description of argument ${number}`,
      "what the model should put here",
    ),
  );
  return row;
}

function draw(place) {
  const state = states.get(place);
  const list = made("ol", { class: "schema-rows__list" });
  list.append(...state.rows.map((row, index) => rowFor(row, index + 1)));
  const twice = made("p", { class: "q__problem q__problem--error", role: "alert" });
  twice.dataset.twice = "";
  twice.textContent = "Two arguments have one name: the schema waits until they differ.";
  twice.hidden = true;
  const add = made("button", { class: "act", type: "button", "data-add-row": "" }, "Add argument");
  place.replaceChildren(list, twice, add);
}

function show(place) {
  const box = boxOf(place);
  if (!box || states.get(place)?.text === box.value) return;
  const schema = read(box.value);
  const state = { text: box.value, schema, rows: schema ? rowsOf(schema) : [] };
  states.set(place, state);
  place.hidden = !schema;
  if (schema) draw(place);
}

function showAll() {
  for (const place of document.querySelectorAll("[data-schema-rows]")) show(place);
}

function change(row, { target }) {
  const { cell } = target.dataset;
  if (cell === "name") row.name = target.value;
  else if (cell === "required") row.required = target.checked;
  else if (target.value) row.rules = { ...row.rules, [cell]: target.value };
  else {
    row.rules = { ...row.rules };
    delete row.rules[cell];
  }
}

document.addEventListener(
  "input",
  (event) => {
    const place = event.target.closest("[data-schema-rows]");
    if (!place) {
      // Every keystroke of the page comes by here, so nothing is searched for.
      const owner = event.target.previousElementSibling;
      if (owner?.matches("[data-schema-rows]")) show(owner);
      return;
    }
    // The page takes no notice of the rows, only of the box that they write.
    event.stopPropagation();
    const rows = [...place.querySelectorAll(".schema-row")];
    change(states.get(place).rows[rows.indexOf(event.target.closest(".schema-row"))], event);
    write(place);
  },
  { capture: true },
);

document.addEventListener("click", ({ target }) => {
  const place = target.closest?.("[data-schema-rows]");
  const button = target.closest?.("button");
  if (!place || !button) return;
  const state = states.get(place);
  let to = state.rows.length;
  if ("addRow" in button.dataset) {
    let name = "argument";
    for (let n = 2; state.rows.some((row) => row.name === name); n++) name = `argument_${n}`;
    state.rows.push({ name, rules: { type: "string" }, required: true });
  } else {
    const rows = [...place.querySelectorAll(".schema-row")];
    to = rows.indexOf(button.closest(".schema-row"));
    state.rows.splice(to, 1);
  }
  draw(place);
  write(place);
  const row = place.querySelectorAll(".schema-row")[Math.min(to, state.rows.length - 1)];
  (row?.querySelector("input") ?? place.querySelector("[data-add-row]")).focus();
  row?.querySelector("input").select();
});

document.addEventListener("cuecard:redrawn", showAll);
showAll();
