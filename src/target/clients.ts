// Who else is connected to an inspector. The protocol does not tell; the sockets of the process do, on Linux.
import { setTimeout as sleep } from "node:timers/promises";
import { socketsAround } from "./proc.ts";

/** Is another client there, for longer than somebody who only asks who listens? `known`: it was there before. */
export async function hasOtherClients(pid: number | undefined, port: number, known = false): Promise<boolean> {
  for (let i = 0; i < 10; i++) {
    if (pid === undefined || clientsOf(pid, port) <= 1) return false;
    if (known) return true;
    await sleep(30);
  }
  return true;
}

/** How many clients an inspector has, ours included. */
function clientsOf(pid: number, port: number): number {
  return socketsAround(pid).filter((socket) => socket.state === "established" && socket.port === port).length;
}
