// The suite that VS Code's extension host runs: one file a feature, in an order that lets later ones build on earlier ones.
import Mocha from "mocha";

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: "bdd", color: false, timeout: 30_000, slow: 2000, reporter: "spec" });
  mocha.suite.emit(Mocha.Suite.constants.EVENT_FILE_PRE_REQUIRE, globalThis, "", mocha);
  await import("./plain.test");
  await import("./figures.test");
  await import("./traces.test");
  await import("./replay.test");
  await import("./life.test");
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) {
    throw new Error(`${failures} tests failed`);
  }
}
