// @node-oauth/oauth2-server behind express, with a model over PostgreSQL.
// It ships no hashing and no store: the client's secret is compared by the query, as its documentation's model does;
// passwords are bcrypt's with 2^10 rounds, checked by the native package in libuv's threads.
// Tokens are opaque; with TOKENS=RS256 they are JWTs, signed by the model. Each is a row.
import { createPrivateKey, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import OAuth2Server from "@node-oauth/oauth2-server";
import bcrypt from "bcrypt";
import express from "express";

export async function prepare(database) {
    await database.query(`
        CREATE TABLE users (id SERIAL PRIMARY KEY, name TEXT UNIQUE, password TEXT);
        CREATE TABLE clients (id TEXT PRIMARY KEY, secret TEXT, grants TEXT[], user_id INTEGER REFERENCES users);
        CREATE TABLE tokens (
            access_token TEXT PRIMARY KEY, access_expires TIMESTAMPTZ,
            refresh_token TEXT UNIQUE, refresh_expires TIMESTAMPTZ,
            client_id TEXT REFERENCES clients, user_id INTEGER REFERENCES users)`);
    await database.query("INSERT INTO users (name, password) VALUES ('bench', $1)", [await bcrypt.hash("bench", 10)]);
    await database.query("INSERT INTO clients VALUES ('bench', 'secret', $1, 1)", [
        ["client_credentials", "password", "refresh_token"],
    ]);
}

function model(database) {
    const one = async (name, text, ...values) => (await database.query({ name, text, values })).rows[0];
    const client = async (id, grants) => ({ id, grants: grants ?? [] });
    return {
        async getClient(id, secret) {
            const row = secret === null
                ? await one("client", "SELECT id, grants FROM clients WHERE id = $1", id)
                : await one("proved", "SELECT id, grants FROM clients WHERE id = $1 AND secret = $2", id, secret);
            return row && client(row.id, row.grants);
        },
        getUserFromClient: ({ id }) =>
            one("owner", "SELECT u.id FROM users u JOIN clients c ON c.user_id = u.id WHERE c.id = $1", id),
        async getUser(name, password) {
            const user = await one("user", "SELECT id, password FROM users WHERE name = $1", name);
            return user && (await bcrypt.compare(password, user.password)) ? { id: user.id } : null;
        },
        async saveToken(token, { id }, user) {
            await one("save", "INSERT INTO tokens VALUES ($1, $2, $3, $4, $5, $6)",
                token.accessToken, token.accessTokenExpiresAt, token.refreshToken, token.refreshTokenExpiresAt, id, user.id);
            return { ...token, client: { id }, user };
        },
        async getAccessToken(text) {
            const row = await one("access", "SELECT * FROM tokens WHERE access_token = $1", text);
            return row && {
                accessToken: text, accessTokenExpiresAt: row.access_expires,
                client: await client(row.client_id), user: { id: row.user_id },
            };
        },
        async getRefreshToken(text) {
            const row = await one("refresh", "SELECT * FROM tokens WHERE refresh_token = $1", text);
            return row && {
                refreshToken: text, refreshTokenExpiresAt: row.refresh_expires,
                client: await client(row.client_id), user: { id: row.user_id },
            };
        },
        async revokeToken({ refreshToken }) {
            return Boolean(await one("revoke", "DELETE FROM tokens WHERE refresh_token = $1 RETURNING 1", refreshToken));
        },
    };
}

function signer() {
    const key = createPrivateKey(readFileSync(process.env.KEY_FILE));
    const part = (value) => Buffer.from(value).toString("base64url");
    const header = part(JSON.stringify({ alg: "RS256", typ: "JWT" }));
    return (client, user) => {
        const now = Math.floor(Date.now() / 1000);
        const claims = { aud: client.id, sub: String(user.id), jti: randomUUID(), iat: now, exp: now + 3600 };
        const signed = `${header}.${part(JSON.stringify(claims))}`;
        return `${signed}.${sign("sha256", signed, key).toString("base64url")}`;
    };
}

export function serve(database, port) {
    const made = model(database);
    if (process.env.TOKENS === "RS256") made.generateAccessToken = signer();
    const server = new OAuth2Server({ model: made });
    const app = express();
    app.disable("x-powered-by");
    app.use(express.urlencoded({ extended: false }));
    const answer = (work) => async (asked, answered) => {
        const response = new OAuth2Server.Response(answered);
        try {
            await work(new OAuth2Server.Request(asked), response);
            answered.status(response.status ?? 200).set(response.headers).json(response.body);
        } catch (error) {
            answered.status(error.code ?? 500).json({ error: error.name });
        }
    };
    app.post("/token", answer((request, response) => server.token(request, response)));
    app.get("/check", answer((request, response) => server.authenticate(request, response)));
    app.listen(port, "127.0.0.1");
}
