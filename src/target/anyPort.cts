// Preloaded into the processes that a followed program starts: each opens its inspector at a port of its own, when asked
// to. The flag --inspect-port=0 would do the same, but makes the cluster module start its workers with a port that Node
// refuses (measured on Node 20 to 26).
process.debugPort = 0;
