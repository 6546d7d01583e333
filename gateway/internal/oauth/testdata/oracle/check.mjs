// Verifies access tokens against a served key set with the library jose.
// Arguments: URL of the key set, issuer, audience, tokens. Prints one line for
// each token: the JSON of its scope, or of the code of the error.
import { createRemoteJWKSet, jwtVerify } from "jose";

const [keys, issuer, audience, ...tokens] = process.argv.slice(2);
const set = createRemoteJWKSet(new URL(keys));
for (const token of tokens) {
  try {
    const { payload } = await jwtVerify(token, set, {
      issuer, audience, algorithms: ["ES256"], typ: "at+jwt", requiredClaims: ["sub", "iat", "nbf", "exp", "jti"],
    });
    console.log(JSON.stringify({ scope: payload.scope }));
  } catch (e) {
    console.log(JSON.stringify({ error: e.code }));
  }
}
