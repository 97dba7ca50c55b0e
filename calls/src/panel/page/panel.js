// The page of `standin panel`. It shows what the server's events say, and sends commands; it keeps no state of its own,
// so that every open page shows the same.

const $ = (id) => document.getElementById(id);
const make = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
};

// Commands.

const alertBox = $("alert");
function complain(text) {
  alertBox.firstElementChild.textContent = text;
  alertBox.hidden = !text;
}
alertBox.querySelector("button").onclick = () => complain("");

async function send(command) {
  try {
    const answer = await fetch("api/command", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(command),
    });
    if (answer.ok) {
      complain("");
      return true;
    }
    const text = await answer.text();
    let said = { error: text };
    try {
      said = JSON.parse(text);
    } catch {}
    complain(said.mend ? `${said.error}. Mend: ${said.mend}` : said.error);
  } catch {
    complain("The panel does not answer; start `standin panel` again, this page finds it.");
  }
  return false;
}

// Controls, from what the element says of its properties.

const controls = new Map();

function step(control) {
  if (control.kind === "count") return 1;
  return 10 ** Math.floor(Math.log10((control.maximum - control.minimum) / 100));
}

// One command of a property is on its way at a time; of the values set meanwhile the last is sent after it.
function sender(name) {
  const state = { busy: false, next: null };
  state.set = async (value) => {
    state.next = value;
    if (state.busy) return;
    state.busy = true;
    while (state.next !== null) {
      const text = state.next;
      state.next = null;
      await send({ do: "set", property: name, value: text });
    }
    state.busy = false;
    if (facts) control(name, facts.values[name]);
  };
  return state;
}

function build(control) {
  const id = `property-${control.name}`;
  const state = sender(control.name);
  const label = make("label", { htmlFor: id, textContent: control.nick });
  const blurb = make("p", { id: `${id}-blurb`, textContent: control.blurb });
  const reset = make("button", {
    type: "button",
    textContent: "↺",
    title: `Default: ${control.default}`,
    onclick: () => send({ do: "reset", property: control.name }),
  });
  reset.setAttribute("aria-label", `Reset ${control.nick} to ${control.default || "nothing"}`);
  let fields;
  if (control.kind === "number" || control.kind === "count") {
    const bounds = { min: control.minimum, max: control.maximum, step: step(control) };
    const slide = make("input", { type: "range", ...bounds });
    const exact = make("input", { type: "number", ...bounds, step: control.kind === "count" ? 1 : "any" });
    slide.oninput = () => {
      exact.value = slide.value;
      state.set(slide.value);
    };
    exact.onchange = () => exact.value !== "" && state.set(exact.value);
    exact.setAttribute("aria-label", `${control.nick}, exactly`);
    fields = [slide, exact];
  } else if (control.kind === "switch") {
    const box = make("input", { type: "checkbox" });
    box.setAttribute("role", "switch");
    box.onchange = () => state.set(String(box.checked));
    fields = [box];
  } else if (control.kind === "choice") {
    const select = make("select");
    for (const choice of control.choices) {
      select.append(make("option", { value: choice.value, textContent: `${choice.value}: ${choice.words}` }));
    }
    select.onchange = () => state.set(select.value);
    fields = [select];
  } else {
    const field = make("input", { type: "text", autocomplete: "off", spellcheck: false });
    field.onchange = () => state.set(field.value);
    fields = [field];
  }
  fields[0].id = id;
  fields[0].setAttribute("aria-describedby", blurb.id);
  const stopped = control.playing ? "" : " (set while the camera is stopped)";
  blurb.textContent += stopped;
  const box = make("div", { className: "property" });
  if (control.kind === "switch") {
    const name = make("span", { className: "grow" }, label);
    box.append(make("div", { className: "row" }, name, fields[0], reset), blurb);
  } else {
    box.append(label, make("div", { className: "row" }, ...fields, reset), blurb);
  }
  box.dataset.words = `${control.name} ${control.nick} ${control.blurb}`.toLowerCase();
  controls.set(control.name, { ...control, fields, reset, state, box });
  return box;
}

function control(name, value) {
  const known = controls.get(name);
  if (!known || value === undefined) return;
  const { fields, reset, state } = known;
  const locked = !known.playing && facts.state !== "stopped";
  reset.disabled = locked || value === known.default;
  for (const field of fields) {
    field.disabled = locked;
    // Not under the user's hands.
    if (state.busy || (field === document.activeElement && field.type !== "range" && field.matches("input[type=number], input[type=text]"))) continue;
    if (field.type === "checkbox") field.checked = value === "true";
    else if (field.value !== value) field.value = value;
  }
  if (fields[0].type === "range") fields[0].setAttribute("aria-valuetext", value);
}

async function loadControls() {
  const answer = await fetch("api/controls");
  if (!answer.ok) return;
  const list = await answer.json();
  if (controls.size === list.length) return;
  controls.clear();
  $("properties").replaceChildren(...list.map(build));
}

$("filter").oninput = () => {
  const words = $("filter").value.toLowerCase();
  for (const { box } of controls.values()) box.hidden = !box.dataset.words.includes(words);
};

// The state.

let facts = null;
const WORDS = {
  stopped: "stopped: the camera is off",
  idle: "idle: nobody looks, the camera is off",
  starting: "starting",
  swapping: "swapping",
  waiting: "waiting",
  lost: "the panel does not answer",
};
const DOORS = {
  pipewire: "PipeWire",
  loopback: "v4l2loopback",
  recording: "Recording",
  window: "Window",
  microphone: "Microphone",
};

function options(select, pairs, chosen) {
  const text = JSON.stringify(pairs);
  if (select.dataset.pairs !== text) {
    select.dataset.pairs = text;
    select.replaceChildren(...pairs.map(([value, textContent, disabled = false]) => make("option", { value, textContent, disabled })));
  }
  if (chosen !== undefined) select.value = chosen;
}

function showState(word, fault) {
  $("state").dataset.state = word;
  const text = fault ? `${WORDS[word]}: ${fault}` : WORDS[word];
  if ($("state-word").textContent !== text) $("state-word").textContent = text;
  const quiet = word === "swapping";
  for (const side of ["before", "after"]) {
    $(side).nextElementSibling.textContent = quiet ? "" : (side === "after" || word !== "starting") ? fault || WORDS[word] : "";
    if (!quiet && (side === "after" || word !== "starting")) blank($(side));
  }
}

// A row for the pictures and one for the model of each performer.
function showPerformers(models) {
  const box = $("performers");
  const few = facts.performers.length;
  if (box.childElementCount !== few * 4) {
    const row = (id, words, send) => {
      const select = make("select", { id });
      select.onchange = () => send(select.value);
      return [make("label", { htmlFor: id, textContent: words }), select];
    };
    box.replaceChildren(...facts.performers.flatMap((_, performer) => [
      ...row(`performer-${performer}-reference`, `Performer ${performer}`, (path) => send({ do: "performer-reference", performer, path })),
      ...row(`performer-${performer}-model`, `Model of ${performer}`, (path) => send({ do: "performer-model", performer, path: path || null })),
    ]));
  }
  const named = (pairs, path) => !path || pairs.some(([value]) => value === path) ? pairs : [[path, path], ...pairs];
  facts.performers.forEach(({ reference, model }, performer) => {
    const pictures = named(facts.references.map(({ path, name }) => [path, name]), reference);
    const none = reference ? [] : [["", pictures.length ? "told by: choose pictures" : "no pictures: see --references", true]];
    options($(`performer-${performer}-reference`), [...none, ...pictures], reference ?? "");
    options($(`performer-${performer}-model`), [["", "the model above"], ...named(models, model)], model ?? "");
  });
  $("remove-performer").hidden = !few;
  $("add-performer").hidden = few >= 8;
}

$("add-performer").onclick = () => send({ do: "set", property: "performers", value: String(facts.performers.length + 1) });
$("remove-performer").onclick = () => send({ do: "set", property: "performers", value: String(facts.performers.length - 1) });

function show() {
  showState(facts.state, facts.fault);
  $("face").replaceChildren(
    "face of ", make("b", { textContent: facts.subject }), `, with consent until ${facts.until} (UTC) · ${facts.size}`,
    !facts.latency_ms ? "" : ` · ${facts.latency_ms.toFixed(0)} ms late`,
  );
  options($("input"), facts.inputs.map((input) => [input.id, input.name]), facts.input);
  const face = (model) => model.subject ? `${model.name}: ${model.subject}, until ${model.until}` : model.name;
  const models = facts.models.map((model) => [model.path, model.fault ? `${face(model)} (${model.fault})` : face(model), Boolean(model.fault)]);
  options($("model"), models, facts.model);
  showPerformers(models);
  options($("preset"), facts.presets.length ? facts.presets.map((name) => [name, name]) : [["", "none in config.toml"]]);
  $("load").disabled = !facts.presets.length;
  const running = facts.state !== "stopped";
  $("run").textContent = running ? "Stop" : "Start";
  $("record").textContent = facts.doors.recording?.open ? "End recording" : "Record";
  $("record").disabled = !running;
  const doors = Object.entries(facts.doors).flatMap(([kind, door]) => [
    make("dt", { textContent: DOORS[kind] ?? kind }),
    make("dd", { textContent: door.words, className: door.open ? "" : "bad" }),
  ]);
  const warnings = facts.warnings.flatMap((warning) => [make("dt", { textContent: "Warning" }), make("dd", { textContent: warning, className: "bad" })]);
  $("doors").replaceChildren(...doors, ...warnings);
  $("line").textContent = facts.line;
  for (const [name, value] of Object.entries(facts.values)) control(name, value);
}

$("input").onchange = () => send({ do: "input", id: $("input").value });
$("model").onchange = () => send({ do: "model", path: $("model").value });
$("run").onclick = () => send({ do: facts?.state === "stopped" ? "start" : "stop" });
$("record").onclick = () => send({ do: facts?.doors.recording?.open ? "end-record" : "record" });
$("look").onclick = async (event) => {
  event.target.disabled = true;
  await send({ do: "look" });
  event.target.disabled = false;
};
$("reset").onclick = () => send({ do: "reset-all" });
$("load").onclick = () => send({ do: "load-preset", name: $("preset").value });
$("save").onclick = async () => {
  const name = $("preset-name").value.trim();
  if (await send({ do: "save-preset", name })) $("preset-name").value = "";
};
$("copy").onclick = async (event) => {
  await navigator.clipboard.writeText($("line").textContent);
  event.target.textContent = "Copied";
  setTimeout(() => (event.target.textContent = "Copy"), 1500);
};

// Seconds of statistics.

let seconds = [];
const SECONDS = 120;
const plots = new Map();

function path(values, top) {
  const start = SECONDS - values.length;
  return values.map((value, i) => `${i ? "L" : "M"}${start + i} ${(32 - (30 * value) / top).toFixed(1)}`).join("");
}

function plot(name, unit, values, late) {
  let node = plots.get(name);
  if (!node) {
    if (!plots.size) $("stages").replaceChildren();
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${SECONDS} 34`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("role", "img");
    const lines = ["late", ""].map((className) => {
      const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
      line.setAttribute("class", className);
      svg.append(line);
      return line;
    });
    const number = make("b");
    const box = make("div", { className: "plot" }, number, make("span", { textContent: name }), svg);
    node = { svg, lines, number };
    plots.set(name, node);
    $("stages").append(box);
  }
  const now = values.at(-1) ?? 0;
  const top = Math.max(1e-3, ...values, ...late) * 1.05;
  node.number.textContent = now.toFixed(1);
  const worst = late.length ? `, 99th percentile ${late.at(-1).toFixed(1)}` : "";
  node.svg.setAttribute("aria-label", `${name}: ${now.toFixed(1)} ${unit}${worst}`);
  node.lines[0].setAttribute("d", path(late, top));
  node.lines[1].setAttribute("d", path(values, top));
}

function showSeconds(news) {
  seconds = [...seconds, ...news].slice(-SECONDS);
  const last = seconds.at(-1)?.[1];
  if (!last) return;
  const all = (key) => seconds.map(([, second]) => second[key] ?? 0);
  plot("frames a second", "", all("fps"), []);
  for (const key of Object.keys(last)) {
    if (!key.endsWith("-ms") || key.endsWith("-p99-ms")) continue;
    const name = key.slice(0, -3);
    const late = `${name}-p99-ms`;
    plot(name, "milliseconds", all(key), late in last ? all(late) : []);
  }
}

// The doctor.

$("examine").onclick = async (event) => {
  const button = event.target;
  button.disabled = true;
  $("findings").textContent = "Examining…";
  try {
    const report = await (await fetch("api/doctor")).json();
    const nodes = [];
    let area = "";
    for (const finding of report.findings) {
      if (finding.area !== area) nodes.push(make("h3", { textContent: (area = finding.area) }));
      const line = make("p", { className: finding.state }, make("b", { textContent: `${finding.state} ` }), `${finding.what}: ${finding.detail}`);
      if (finding.mend) line.append(make("code", { textContent: finding.mend }));
      nodes.push(line);
    }
    $("findings").replaceChildren(...nodes);
  } catch {
    $("findings").textContent = "The panel does not answer.";
  }
  button.disabled = false;
};

// The pictures: the latest of each, one at a time, and none while the page is hidden.

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function blank(canvas) {
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
}

async function watch(side) {
  const canvas = $(side);
  const context = canvas.getContext("2d");
  let number = 0;
  for (;;) {
    if (document.hidden || facts === null || facts.state === "stopped") {
      await pause(200);
      continue;
    }
    try {
      const answer = await fetch(`preview/${side}?than=${number}`);
      if (answer.status === 200) {
        number = answer.headers.get("picture");
        const picture = await createImageBitmap(await answer.blob());
        if (canvas.width !== picture.width || canvas.height !== picture.height) {
          canvas.width = picture.width;
          canvas.height = picture.height;
        }
        const wanted = facts?.state === "swapping" || (side === "before" && facts?.state === "starting");
        if (wanted) context.drawImage(picture, 0, 0);
        picture.close();
        document.documentElement.dataset[side] = number;
      } else if (answer.status !== 204) {
        await pause(1000);
      }
    } catch {
      await pause(1000);
    }
  }
}

// Events. A page that is hidden listens to nothing; one that comes back is told all.

let events = null;
function listen() {
  if (events || document.hidden) return;
  events = new EventSource("api/events");
  events.addEventListener("open", loadControls);
  events.addEventListener("state", (event) => {
    facts = JSON.parse(event.data);
    show();
  });
  events.addEventListener("seconds", (event) => {
    const news = JSON.parse(event.data);
    if (news.length && seconds.length && news[0][0] <= seconds.at(-1)[0]) seconds = [];
    showSeconds(news);
  });
  events.addEventListener("error", () => {
    facts = null;
    showState("lost");
    // The browser itself tries again, unless it was refused.
    if (events.readyState === EventSource.CLOSED) {
      close();
      setTimeout(listen, 2000);
    }
  });
}
function close() {
  events?.close();
  events = null;
}
document.addEventListener("visibilitychange", () => (document.hidden ? close() : listen()));

await loadControls().catch(() => {});
listen();
watch("before");
watch("after");
