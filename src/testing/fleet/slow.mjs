// A slow wire for ssh's ProxyCommand, for kernels without netem: node slow.mjs MILLISECONDS HOST PORT.
// Each way waits that long. Order is kept, because equal timers fire in the order they were set.
import { connect } from "node:net";

const [milliseconds, host, port] = process.argv.slice(2);
const later = (act) => setTimeout(() => act(), Number(milliseconds));
const fail = (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
};

const socket = connect({ host, port: Number(port), noDelay: true });
process.stdin.on("data", (bytes) => later(() => socket.write(bytes)));
process.stdin.on("end", () => later(() => socket.end()));
socket.on("data", (bytes) => later(() => process.stdout.write(bytes)));
socket.on("close", () => later(() => process.exit(0)));
socket.on("error", fail);
