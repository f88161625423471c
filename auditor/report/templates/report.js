// Language, look, filters and decisions of a report. Everything that is said stands in the page; nothing is fetched or sent.
"use strict";
(() => {
  const root = document.documentElement, body = document.body;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const language = () => root.dataset.lang;

  for (const element of all("[data-script]")) element.hidden = false;

  // What the page says in its current language, with values for the names in braces.
  function say(key, values = {}) {
    const word = one(`[data-word="${key}"]`);
    const text = (one(`.${language()}`, word) ?? word).textContent;
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  // -- what the browser keeps; a browser that keeps nothing is said so where it matters ------------------------------
  const store = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) {
      try {
        if (value === null) localStorage.removeItem(key); else localStorage.setItem(key, value);
        return true;
      } catch { return false; }
    },
  };

  // -- language and look ----------------------------------------------------------------------------------------------
  function speak(which) {
    root.dataset.lang = which;
    root.lang = which === "zh" ? "zh-Hans" : "en";
    document.title = which === "zh" ? body.dataset.titleZh : body.dataset.titleEn;
    for (const button of all("[data-language]")) button.setAttribute("aria-pressed", button.dataset.language === which);
    for (const filter of filters) filter.count();
    showAll();
  }
  for (const button of all("[data-language]")) button.addEventListener("click", () => speak(button.dataset.language));

  const looks = ["auto", "light", "dark"];
  const look = store.get("auditor/look");
  if (looks.includes(look)) root.dataset.theme = look;
  one("[data-theme-next]")?.addEventListener("click", () => {
    root.dataset.theme = looks[(looks.indexOf(root.dataset.theme) + 1) % looks.length];
    store.set("auditor/look", root.dataset.theme);
  });
  for (const button of all("[data-print]")) button.addEventListener("click", () => {
    root.dataset.paper = button.dataset.print;
    print();
  });
  // what the browser's own menu prints is the whole
  addEventListener("afterprint", () => { delete root.dataset.paper; });

  // -- a link into something folded opens it --------------------------------------------------------------------------
  function reveal() {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { /* no name of ours */ }
    if (!target) return;
    const folded = [];
    for (let at = target; at; at = at.parentElement) if (at.localName === "details" && !at.open) folded.push(at);
    for (const details of folded) details.open = true;
    // what a filter hides cannot be gone to: that filter is cleared
    const hiding = filters.filter((filter) => filter.of.contains(target) && target.closest("[hidden]"));
    for (const filter of hiding) filter.clear();
    // a group that the filter had opened is folded again by clearing it
    if (hiding.length) for (let at = target; at; at = at.parentElement) if (at.localName === "details") at.open = true;
    if (folded.length || hiding.length) target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  // a link to where one has already gone changes nothing in the address, and what it leads to may be hidden since
  addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) reveal();
  });

  // -- filters: words, and tags of which those of one kind (what stands before the hyphen) are alternatives ----------
  class Filter {
    constructor(bar) {
      this.input = one("input", bar);
      this.chips = all("[data-tag]", bar);
      this.output = one("output", bar);
      this.of = document.getElementById(bar.dataset.filter);
      this.items = all("[data-item]", this.of);
      this.groups = all("[data-group]", this.of);
      this.was = new Map(this.groups.map((group) => [group, group.open]));
      this.input.addEventListener("input", () => { clearTimeout(this.later); this.later = setTimeout(() => this.apply(), 80); });
      this.input.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && this.input.value) { event.preventDefault(); this.input.value = ""; this.apply(); }
      });
      for (const chip of this.chips) chip.addEventListener("click", () => {
        chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") !== "true");
        this.apply();
      });
      this.shown = this.items.length;
      this.count();
    }
    clear() {
      this.input.value = "";
      for (const chip of this.chips) chip.setAttribute("aria-pressed", "false");
      this.apply();
    }
    // What is looked through: subject, message, evidence and the policy's words, not the labels that every item has.
    text(item) {
      this.texts ??= new Map();
      if (!this.texts.has(item)) {
        const parts = all("[data-find]", item).map((part) => part.textContent);
        const whole = parts.length ? [...parts, item.dataset.rule ?? ""].join("\n") : item.textContent;
        this.texts.set(item, whole.toLowerCase());
      }
      return this.texts.get(item);
    }
    apply() {
      const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const kinds = new Map();
      for (const chip of this.chips) if (chip.getAttribute("aria-pressed") === "true") {
        const kind = chip.dataset.tag.split("-")[0];
        kinds.set(kind, [...(kinds.get(kind) ?? []), chip.dataset.tag]);
      }
      this.shown = 0;
      for (const item of this.items) {
        const tags = (item.dataset.tags ?? "").split(" ");
        const fits = [...kinds.values()].every((any) => any.some((tag) => tags.includes(tag)));
        item.hidden = !(fits && words.every((word) => this.text(item).includes(word)));
        this.shown += !item.hidden;
      }
      const active = words.length > 0 || kinds.size > 0;
      for (const group of this.groups) {
        const any = all("[data-item]", group).some((item) => !item.hidden);
        group.hidden = !any;
        if (group.localName === "details") group.open = active ? any : this.was.get(group);
      }
      this.count();
    }
    count() {
      this.output.textContent = this.shown === this.items.length ? ""
        : this.shown === 0 ? say("filter.none") : say("filter.count", { n: this.shown, all: this.items.length });
    }
  }
  const filters = all("[data-filter]").map((bar) => new Filter(bar));
  reveal();

  // -- words to paste -------------------------------------------------------------------------------------------------
  for (const button of all("[data-copy]")) button.addEventListener("click", async () => {
    const paste = one(".paste", button.parentElement);
    try {
      await navigator.clipboard.writeText(paste.textContent);
    } catch {
      // a page opened from disk may not be allowed to: select it, so that the keyboard can copy it
      getSelection().selectAllChildren(paste);
      if (!document.execCommand("copy")) return;
    }
    const before = button.innerHTML;
    button.textContent = say("copied");
    setTimeout(() => { button.innerHTML = before; }, 1500);
  });

  // -- decisions: as in the decisions file, by fingerprint -----------------------------------------------------------
  const SCHEMA = "auditor/decisions/1", KINDS = ["agree", "dispute", "accept", "baseline"];
  const key = `auditor/decisions/${body.dataset.key}`;
  const items = all("[data-fingerprint]");
  const known = new Map(items.map((item) => [item.dataset.fingerprint, item]));
  const decided = new Map();
  const said = one("[data-said]");
  let by = store.get("auditor/by") ?? "";

  function valid(entry) {
    const text = (value) => typeof value === "string" && value.trim() !== "";
    return entry && KINDS.includes(entry.decision) && text(entry.by) && text(entry.reason)
      && (entry.until === undefined || /^\d{4}-\d\d-\d\d$/.test(entry.until));
  }
  // Entries written by hand may name rule and subject only.
  function printOf(entry) {
    if (typeof entry.fingerprint === "string" && /^[0-9a-f]{32}$/i.test(entry.fingerprint)) return entry.fingerprint.toLowerCase();
    const item = items.find((item) => item.dataset.rule === entry.rule && (item.dataset.subject ?? "") === (entry.subject ?? ""));
    return item?.dataset.fingerprint ?? (entry.rule ? `${entry.rule} ${entry.subject ?? ""}` : "");
  }
  function take(entries) {
    let here = 0, other = 0;
    for (const entry of entries) {
      const print = printOf(entry);
      decided.set(print, entry);
      if (known.has(print)) here += 1; else other += 1;
    }
    return { n: here, other };
  }
  function keep() {
    if (!store.set(key, JSON.stringify([...decided.values()]))) said.textContent = say("decisions.unkept");
  }

  const today = () => new Date(Date.now() - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 10);

  function show(item) {
    const entry = decided.get(item.dataset.fingerprint);
    const lapsed = entry?.until && entry.until < today();
    const text = entry
      ? [say(`decision.${entry.decision}`), entry.by, entry.reason, entry.until && `→ ${entry.until}`, lapsed && say("decision.lapsed")]
        .filter(Boolean).join(" · ")
      : "";
    for (const place of all("[data-decided]", item)) { place.textContent = text; place.hidden = !entry; }
    for (const place of all("[data-undecided]", item)) place.hidden = Boolean(entry);
    const tags = (item.dataset.tags ?? "").split(" ").filter((tag) => tag && tag !== "undecided");
    item.dataset.tags = (entry ? tags : [...tags, "undecided"]).join(" ");
  }
  function showAll() {
    for (const item of items) show(item);
    const made = [...known.keys()].filter((print) => decided.has(print)).length;
    for (const count of all("[data-decisions-count]")) count.textContent = say("decisions.count", { n: made, left: known.size - made });
    // what is to be done says, too, what was decided of it
    for (const link of all('.tasks a, .short a, .verdict a')) {
      const print = document.getElementById(link.getAttribute("href").slice(1))?.dataset.fingerprint;
      const entry = print && decided.get(print);
      if (entry) link.dataset.decision = say(`decision.${entry.decision}`); else delete link.dataset.decision;
    }
  }
  function changed() { keep(); showAll(); }

  function fill(item, place) {
    if (place.firstChild) return;
    place.append(one("#decision-form").content.cloneNode(true));
    const print = item.dataset.fingerprint, entry = decided.get(print);
    const choices = all("input[type=radio]", place);
    for (const choice of choices) { choice.name = `decision-${item.id}`; choice.checked = entry?.decision === choice.value; }
    const field = (name) => one(`[data-${name}]`, place);
    field("by").value = entry?.by ?? by;
    field("reason").value = entry?.reason ?? "";
    field("until").value = entry?.until ?? "";
    field("save").addEventListener("click", () => {
      const decision = choices.find((choice) => choice.checked)?.value;
      const made = { fingerprint: print };
      for (const name of ["rule", "subject", "gap"]) if (item.dataset[name]) made[name] = item.dataset[name];
      Object.assign(made, { decision, by: field("by").value.trim(), reason: field("reason").value.trim() });
      if (field("until").value) made.until = field("until").value;
      if (decision === "accept" && item.dataset.severity) made.severity = item.dataset.severity;
      if (!valid(made)) { one(".problem", place).textContent = say("decide.missing"); return; }
      if (made.until && made.until < today()) { one(".problem", place).textContent = say("decide.past"); return; }
      one(".problem", place).textContent = "";
      by = made.by;
      store.set("auditor/by", by);
      decided.set(print, made);
      changed();
      const details = place.closest("details");
      details.open = false;
      one("summary", details).focus();
    });
    field("clear").addEventListener("click", () => {
      decided.delete(print);
      place.replaceChildren();
      changed();
      const details = place.closest("details");
      details.open = false;
      one("summary", details).focus();
    });
  }
  for (const item of items) {
    const details = one(".decision", item);
    details.addEventListener("toggle", () => { if (details.open) fill(item, one("[data-form]", details)); });
  }
  function unfill() { for (const place of all("[data-form]")) place.replaceChildren(); }

  one("[data-export]")?.addEventListener("click", () => {
    // JSON is YAML: the file is read as it is, and people can go on writing in it
    const text = JSON.stringify({ schema: SCHEMA, decisions: [...decided.values()] }, null, 2) + "\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
    link.download = `${body.dataset.name.replace(/[^\w.-]/g, "_") || "report"}.decisions.yaml`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });

  const file = one("#decisions-file");
  file?.addEventListener("change", async () => {
    const chosen = file.files[0];
    if (!chosen) return;
    try {
      const document_ = read(await chosen.text());
      said.textContent = say("decisions.imported", take(document_));
      unfill();
      changed();
    } catch (error) {
      said.textContent = say("decisions.unreadable", { line: error.line ?? 1 });
    }
    file.value = "";
  });

  const forget = one("[data-forget]");
  forget?.addEventListener("click", () => {
    if (forget.dataset.sure === undefined) { forget.dataset.sure = ""; said.textContent = say("decisions.forget.sure"); return; }
    delete forget.dataset.sure;
    said.textContent = "";
    decided.clear();
    unfill();
    changed();
  });

  // JSON, or the YAML the auditor writes: one entry after another, one key on each line. Anything else is refused by its line.
  function read(text) {
    const wrong = (line) => Object.assign(new Error("unreadable"), { line });
    const source = text.replace(/^\uFEFF/, "");
    let found;
    if (source.trimStart().startsWith("{")) {
      try { found = JSON.parse(source); } catch { throw wrong(1); }
    } else {
      found = { decisions: null };
      source.split(/\r?\n/).forEach((line, at) => {
        const match = /^(\s*)(- )?([a-z]+):(?: (.*))?$/.exec(line);
        if (/^\s*(#.*)?$/.test(line) || line === "---") return;
        if (!match) throw wrong(at + 1);
        const [, indent, dash, name, written = ""] = match;
        if (!indent && !dash && name === "decisions") { if (written && written !== "[]") throw wrong(at + 1); found.decisions = []; return; }
        const value = scalar(written.trim());
        if (value === undefined) throw wrong(at + 1);
        if (!indent && !dash) { found[name] = value; return; }
        if (!found.decisions) throw wrong(at + 1);
        if (dash) found.decisions.push({});
        const entry = found.decisions.at(-1);
        if (!entry || name in entry) throw wrong(at + 1);
        entry[name] = value;
      });
    }
    if (found?.schema !== SCHEMA || !Array.isArray(found.decisions)) throw wrong(1);
    for (const entry of found.decisions) if (!valid(entry)) throw wrong(1);
    return found.decisions;
  }
  function scalar(text) {
    if (text.startsWith('"')) { try { return String(JSON.parse(text)); } catch { return undefined; } }
    if (text.startsWith("'")) return /^'(?:[^']|'')*'$/.test(text) ? text.slice(1, -1).replaceAll("''", "'") : undefined;
    return /^[|>&*!%@`{[\]]|: /.test(text) || text === "" ? undefined : text.replace(/\s+#.*$/, "");
  }

  // What the browser keeps began with what the report was made with; the first time there is only that.
  const kept = store.get(key) ?? one("#decisions")?.dataset.givenDecisions ?? "[]";
  try { take(JSON.parse(kept).filter(valid)); } catch { /* what is not ours is left alone */ }
  for (const element of all("[data-given]")) element.remove();
  speak(language());
})();
