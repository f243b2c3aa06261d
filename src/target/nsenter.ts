// How a command is run in the network namespace of another process (a container's, usually): with nsenter, as root.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The words to put before a command so that it runs in the network namespace of a process; undefined when that is not possible. */
export function nsenterCommand(pid: number): string[] | undefined {
  if (process.geteuid?.() !== 0 || !onPath("nsenter")) return undefined;
  return ["nsenter", "-t", String(pid), "-n", "--"];
}

function onPath(program: string): boolean {
  const { PATH = "" } = process.env;
  return PATH.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
