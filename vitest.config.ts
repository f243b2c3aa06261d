import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/long/**"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Tests spawn real processes and take real snapshots: more at once than cores only makes each slower.
    maxWorkers: 2,
  },
});
