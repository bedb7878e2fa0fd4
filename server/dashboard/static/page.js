"use strict";
(() => {
  const connection = document.getElementById("connection");
  const say = (text, bad) => {
    if (connection.textContent !== text) connection.textContent = text;
    connection.classList.toggle("trouble", bad);
  };
  const follow = (within) => {
    for (const each of within.querySelectorAll("[data-follow]")) each.scrollTop = each.scrollHeight;
  };
  // A section that is swapped keeps what was opened, how far it was scrolled, and what is being typed.
  const kept = new Map();
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const old = event.detail.target;
    if (!old.id) return;
    const active = document.activeElement;
    kept.set(old.id, {
      typed: old.contains(active) && active.matches("input") ? { id: active.id, value: active.value } : null,
      open: [...old.querySelectorAll("details[open]")].map((each) => each.id),
      scrolled: [...old.querySelectorAll(".scroll")].map((each) => [each.scrollLeft, each.scrollTop]),
    });
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    const now = document.getElementById(event.detail.elt.id);
    if (!now) return;
    const before = kept.get(now.id);
    kept.delete(now.id);
    if (before) {
      for (const id of before.open) document.getElementById(id)?.setAttribute("open", "");
      now.querySelectorAll(".scroll").forEach((each, at) => {
        [each.scrollLeft, each.scrollTop] = before.scrolled[at] ?? [0, 0];
      });
    }
    const field = before?.typed && document.getElementById(before.typed.id);
    if (field && field.value !== before.typed.value) {
      field.value = before.typed.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    follow(now);
  });
  document.body.addEventListener("htmx:sseOpen", () => say("live", false));
  document.body.addEventListener("htmx:sseError", () => say("not connected: what is shown may be old", true));
  document.body.addEventListener("htmx:responseError", (event) => {
    const ended = event.detail.xhr.status === 401;
    say(ended ? "this browser is not let in any more: ask for a new link" : "an answer failed", true);
  });
  follow(document);
})();
