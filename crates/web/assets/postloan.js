// Everything works without this file. It makes some of it faster: keys, no double sending, drafts kept, dialogs.
"use strict";

// A form is sent once; the button says so until the answer is there.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  if (form.id) sessionStorage.removeItem("draft:" + location.pathname + "#" + form.id);
});
// The page came back from the browser's own memory: it may be sent again.
window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => delete form.dataset.sent));

// What was typed into a form with an id and data-draft survives a reload and a lost connection.
document.querySelectorAll("form[data-draft][id]").forEach((form) => {
  const place = "draft:" + location.pathname + "#" + form.id;
  const fields = () => [...form.elements].filter((field) => field.name && !field.name.startsWith("_") && !["hidden", "password", "submit", "button"].includes(field.type));
  const kept = JSON.parse(sessionStorage.getItem(place) || "{}");
  fields().forEach((field) => {
    if (!(field.name in kept) || field.value) return;
    if (field.type !== "checkbox" && field.type !== "radio") field.value = kept[field.name];
  });
  form.addEventListener("input", () => {
    const now = {};
    fields().forEach((field) => { if (field.type !== "checkbox" && field.type !== "radio") now[field.name] = field.value; });
    sessionStorage.setItem(place, JSON.stringify(now));
  });
});

// Keys: j k move through rows that lead somewhere, Enter opens, / finds, digits choose what a form offers, ? tells them all.
const rows = () => [...document.querySelectorAll("tr[data-row]")];
let chosen = -1;
const choose = (place) => {
  const all = rows();
  if (!all.length) return;
  chosen = Math.max(0, Math.min(all.length - 1, place));
  all.forEach((row, index) => row.setAttribute("aria-selected", index === chosen));
  const link = all[chosen].querySelector("a");
  if (link) link.focus();
  all[chosen].scrollIntoView({ block: "nearest" });
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, select, textarea");
  if (event.key === "Escape" && typing) { typing.blur(); return; }
  if (typing) return;
  const keyed = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (event.key === "j") choose(chosen + 1);
  else if (event.key === "k") choose(chosen - 1);
  else if (event.key === "/") { event.preventDefault(); document.getElementById("find")?.focus(); }
  else if (event.key === "?") document.getElementById("keys")?.showModal?.();
  else if (keyed) {
    event.preventDefault();
    if (keyed.matches("input[type=radio], input[type=checkbox], a, button")) keyed.click();
    keyed.focus();
  }
});

// Ticking the head of a list ticks the list.
document.querySelectorAll("input[data-all]").forEach((all) => all.addEventListener("change", () => {
  document.querySelectorAll(`input[name="${CSS.escape(all.dataset.all)}"]`).forEach((one) => { one.checked = all.checked; });
}));
document.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));
document.querySelectorAll("select[data-go]").forEach((select) => select.addEventListener("change", () => select.form.requestSubmit()));

// On a phone a table's row becomes a card, and each figure brings its heading along; what is read as a grid stays one.
if (matchMedia("(max-width: 720px)").matches) {
  document.querySelectorAll(".scroll > table:not(.heat, .month, .rights)").forEach((table) => {
    const headings = [...table.querySelectorAll("thead th")].map((heading) => heading.textContent.trim());
    if (!headings.length) return;
    table.classList.add("stack");
    table.querySelectorAll("tbody tr").forEach((row) => [...row.cells].forEach((cell, place) => {
      if (place > 0 && headings[place] && cell.textContent.trim()) cell.dataset.label = headings[place];
    }));
  });
}
// What scrolls inside the page and holds nothing to step to is reached by the keyboard itself, and says what it is.
document.querySelectorAll(".scroll, .tall, figure").forEach((part) => {
  if (part.scrollWidth <= part.clientWidth && part.scrollHeight <= part.clientHeight) return;
  part.tabIndex = 0;
  if (part.matches("figure")) return;
  const near = part.querySelector("caption") || part.closest("section, main")?.querySelector("h1, h2, h3");
  part.setAttribute("role", "region");
  if (near) part.setAttribute("aria-label", near.textContent.trim());
});
