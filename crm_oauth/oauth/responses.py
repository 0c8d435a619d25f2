"""From an answer as a value to a response of the framework."""

from flask import Response

from crm_oauth.compat.answer import Answer


def response_of(answer: Answer) -> Response:
    """Return the response that says what an answer says.

    Args:
        answer: of a dialect.
    """
    return Response(answer.body, answer.status, list(answer.headers))
