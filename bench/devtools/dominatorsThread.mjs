// DevTools' second worker: retainers, dominators and retained sizes, beside the thread that loads.
import { workerData } from "node:worker_threads";
import { HeapSnapshot } from "./heapSnapshot.bundle.mjs";

new HeapSnapshot.SecondaryInitManager(workerData.port);
