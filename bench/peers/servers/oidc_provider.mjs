// oidc-provider with a PostgreSQL adapter of our own, for it ships none that keeps anything.
// It ships no hashing: a client's secret is in its metadata in plain, here in the configuration as in its quick start.
// Access tokens are opaque, each a row; those for a `resource` are RS256 JWTs, which it does not store.
// It has no password grant. Refresh tokens rotate; /refreshable makes one as the end of a sign-in would.
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import Provider from "oidc-provider";

export async function prepare(database) {
    await database.query(`
        CREATE TABLE models (
            kind TEXT, id TEXT, payload JSONB, grant_id TEXT, uid TEXT, expires TIMESTAMPTZ, consumed TIMESTAMPTZ,
            PRIMARY KEY (kind, id));
        CREATE INDEX ON models (grant_id);
        CREATE INDEX ON models (uid)`);
}

function adapter(database) {
    const run = (name, text, ...values) => database.query({ name, text, values });
    const found = ({ rows: [row] }) =>
        row && { ...row.payload, ...(row.consumed && { consumed: Math.floor(row.consumed / 1000) }) };
    return class {
        constructor(kind) {
            this.kind = kind;
        }

        upsert(id, payload, expiresIn) {
            return run("upsert", `
                INSERT INTO models VALUES ($1, $2, $3, $4, $5, now() + $6 * INTERVAL '1 second')
                ON CONFLICT (kind, id) DO UPDATE SET payload = excluded.payload, expires = excluded.expires`,
                this.kind, id, payload, payload.grantId, payload.uid, expiresIn);
        }

        async find(id) {
            return found(await run("find", "SELECT * FROM models WHERE kind = $1 AND id = $2", this.kind, id));
        }

        async findByUid(uid) {
            return found(await run("uid", "SELECT * FROM models WHERE kind = $1 AND uid = $2", this.kind, uid));
        }

        consume(id) {
            return run("consume", "UPDATE models SET consumed = now() WHERE kind = $1 AND id = $2", this.kind, id);
        }

        destroy(id) {
            return run("destroy", "DELETE FROM models WHERE kind = $1 AND id = $2", this.kind, id);
        }

        revokeByGrantId(grantId) {
            return run("grant", "DELETE FROM models WHERE kind = $1 AND grant_id = $2", this.kind, grantId);
        }
    };
}

function configuration(database) {
    const key = createPrivateKey(readFileSync(process.env.KEY_FILE)).export({ format: "jwk" });
    return {
        adapter: adapter(database),
        jwks: { keys: [{ ...key, alg: "RS256", use: "sig" }] },
        clients: [{
            client_id: "bench",
            client_secret: "secret",
            token_endpoint_auth_method: "client_secret_post",
            grant_types: ["authorization_code", "client_credentials", "refresh_token"],
            redirect_uris: ["https://client.example/"],
        }],
        features: {
            clientCredentials: { enabled: true },
            devInteractions: { enabled: false },
            introspection: { enabled: true },
            resourceIndicators: {
                enabled: true,
                getResourceServerInfo: () => ({ scope: "api", accessTokenFormat: "jwt", jwt: { sign: { alg: "RS256" } } }),
            },
        },
        findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
        rotateRefreshToken: true,
    };
}

async function refreshable(provider) {
    const client = await provider.Client.find("bench");
    const grant = new provider.Grant({ accountId: "bench", clientId: "bench" });
    grant.addOIDCScope("offline_access");
    const grantId = await grant.save();
    const gty = "authorization_code";
    const token = new provider.RefreshToken({ accountId: "bench", client, grantId, gty, scope: "offline_access" });
    return { refresh_token: await token.save() };
}

export function serve(database, port) {
    const provider = new Provider(`http://127.0.0.1:${port}`, configuration(database));
    const answer = provider.callback();
    createServer(async (request, response) => {
        if (request.url === "/refreshable") response.end(JSON.stringify(await refreshable(provider)));
        else answer(request, response);
    }).listen(port, "127.0.0.1");
}
