// Serves a peer by as many processes as our own server has: node cluster.mjs PEER PROCESSES
// A peer exports prepare(database), which makes its tables and rows once, and serve(database, port).
import cluster from "node:cluster";
import pg from "pg";

const [peer, processes] = process.argv.slice(2);
const { prepare, serve } = await import(`./${peer}.mjs`);
const database = new pg.Pool(); // by PGHOST, PGUSER and PGDATABASE

if (cluster.isPrimary) {
    await prepare(database);
    await database.end();
    for (let number = 0; number < Number(processes); number++) cluster.fork();
} else {
    await serve(database, Number(process.env.PORT));
}
