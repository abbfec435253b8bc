// What the tests are told by their environment, and how they say that something of it is missing.

/** Exit code that says: this could not run here. */
const skipped = 77;

/** The values of these variables; without one of them the run ends here. @template {string} N @param {...N} names @returns {Record<N, string>} */
export function need(...names) {
  const missing = names.filter((name) => !process.env[name]);
  if (missing.length > 0) {
    console.log(`SKIPPED ${process.argv[1]?.split(/[\\/]/).pop() ?? "test"}: ${missing.join(", ")} not set; cargo xtask test sets what it installed`);
    process.exit(skipped);
  }
  return /** @type {Record<N, string>} */ (Object.fromEntries(names.map((name) => [name, process.env[name]])));
}
