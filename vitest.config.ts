import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/long/**"],
    // Generous: a loaded machine makes a test slow, not wrong.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Tests spawn real processes and take real snapshots: more at once than cores only makes each slower.
    maxWorkers: 2,
  },
});
