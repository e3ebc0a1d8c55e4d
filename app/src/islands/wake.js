// The WebAssembly is compiled while the page still comes; what it wakes has to be there.
(async (script, wasm) => {
  const site = await import(script);
  await site.default({ module_or_path: wasm });
  if (document.readyState === "loading") {
    await new Promise((done) => document.addEventListener("DOMContentLoaded", done, { once: true }));
  }
  site.hydrate();
  for (const island of document.querySelectorAll("leptos-island")) await site[island.dataset.component](island);
})
