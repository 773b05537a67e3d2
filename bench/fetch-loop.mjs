// What a script would do instead: COUNT requests by fetch(), at most AT_ONCE at a time, each body read.
// node bench/fetch-loop.mjs URL COUNT AT_ONCE
const [url, count, atOnce] = process.argv.slice(2);

let left = Number(count);
const lanes = Array.from({ length: Number(atOnce) }, async () => {
  while (left-- > 0) await (await fetch(url)).text();
});
await Promise.all(lanes);
