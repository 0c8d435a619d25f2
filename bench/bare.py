"""The least that Flask can do under the same gunicorn: read the JSON of a token request and answer some of it."""

import json

from flask import Flask, Response, request

app = Flask(__name__, static_folder=None)


@app.post("/")
def answer() -> Response:
    """Answer what was sent."""
    sent = json.loads(request.get_data(cache=False))
    return Response(json.dumps({"token_type": sent["grant_type"]}), content_type="application/json")
