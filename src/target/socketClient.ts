// chrome-remote-interface as a file of its own in dist/: loaded when a socket is opened, and by the guard of a worker,
// which is a process that has nothing else of ours.

export { default } from "chrome-remote-interface";
