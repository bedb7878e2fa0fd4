// In the panel: what the dashboard's page would ask its server, it asks the extension, which does.
"use strict";
(() => {
  const editor = acquireVsCodeApi();
  const waiting = new Map();
  const sources = new Set();
  let asked = 0;

  window.addEventListener("message", ({ data }) => {
    if (data.event !== undefined) {
      for (const each of sources) each.tell(data.event, data.data);
      return;
    }
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  });

  // As much of it as htmx wants.
  window.XMLHttpRequest = class extends EventTarget {
    upload = new EventTarget();
    status = 0;
    response = "";
    responseText = "";
    responseURL = "";
    #asked = { headers: {} };
    #answered = {};
    #id = 0;
    open(method, path) {
      Object.assign(this.#asked, { method, path });
    }
    overrideMimeType() {}
    setRequestHeader(name, value) {
      this.#asked.headers[name] = value;
    }
    getAllResponseHeaders() {
      return Object.entries(this.#answered)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join("");
    }
    getResponseHeader(name) {
      return this.#answered[name.toLowerCase()] ?? null;
    }
    send(body) {
      this.#id = ++asked;
      waiting.set(this.#id, (answer) => {
        this.#answered = answer.headers;
        this.status = answer.status;
        this.response = this.responseText = answer.body;
        if (answer.status) this.onload?.();
        else this.onerror?.();
        this.dispatchEvent(new Event("loadend"));
      });
      editor.postMessage({ id: this.#id, body: body ? String(body) : "", ...this.#asked });
    }
    abort() {
      if (waiting.delete(this.#id)) this.onabort?.();
    }
  };

  // As much of it as its extension wants.
  window.EventSource = class EventSource extends EventTarget {
    static CONNECTING = 0;
    static OPEN = 1;
    static CLOSED = 2;
    readyState = 0;
    constructor(path) {
      super();
      this.url = path;
      sources.add(this);
      editor.postMessage({ events: path });
    }
    tell(name, data) {
      if (name === "open" || name === "error") {
        this.readyState = name === "open" ? 1 : 0;
        this[`on${name}`]?.(new Event(name));
      } else {
        this.dispatchEvent(new MessageEvent(name, { data }));
      }
    }
    close() {
      this.readyState = 2;
      sources.delete(this);
    }
  };

  // A form, or a link to another workspace, shows another page.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    event.preventDefault();
    const given = new FormData(form, event.submitter);
    editor.postMessage({
      method: "POST",
      open: form.getAttribute("action"),
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(given).toString(),
    });
  });
  document.addEventListener("click", (event) => {
    const path = event.target.closest("a")?.getAttribute("href") ?? "";
    if (!path.startsWith("/")) return;
    event.preventDefault();
    editor.postMessage({ open: path });
  });
})();
