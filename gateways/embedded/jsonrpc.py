"""JSON-RPC 2.0 messages: parsing with bounds, and the errors this gateway answers (JSON-RPC 2.0 §4, §5.1).

Security duty: foreign JSON is refused when nested deeper than `JSON_DEPTH_MAX`, before anything walks over it;
a refused message never reaches a server or a client.
"""

import json
from typing import Any

from gateways.embedded.limits import JSON_DEPTH_MAX

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
SERVER_ERROR = -32000
STOPPED = -32001

Message = dict[str, Any]


class RpcFailure(Exception):
    """A JSON-RPC error to answer: `code`, `message` and `data` as on the wire."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def to_json(self) -> Message:
        error: Message = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        return error

    @classmethod
    def from_json(cls, error: Any) -> "RpcFailure":
        """Return the failure a server answered; odd shapes become an internal error."""
        if not isinstance(error, dict):
            return cls(INTERNAL_ERROR, "The server answered a malformed error.")
        code = error.get("code")
        return cls(code if isinstance(code, int) else INTERNAL_ERROR, str(error.get("message", "")), error.get("data"))


def failure(reason: str, message: str, code: int = SERVER_ERROR, **data: Any) -> RpcFailure:
    """Return a failure of the gateway itself, with its stable `reason` as `data.code`."""
    return RpcFailure(code, message, {"code": reason, **data})


def parse(raw: bytes | str) -> Any:
    """Return the JSON value in `raw`. Raises ValueError when it is not JSON or nested too deeply."""
    try:
        value = json.loads(raw)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if _too_deep(value):
        raise ValueError("nested too deeply")
    return value


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(JSON_DEPTH_MAX):
        deeper: list[Any] = []
        for item in level:
            if type(item) is dict:
                deeper.extend(child for child in item.values() if type(child) in (dict, list))
            elif type(item) is list:
                deeper.extend(child for child in item if type(child) in (dict, list))
        if not deeper:
            return False
        level = deeper
    return True


def encode(message: Any) -> bytes:
    """Return `message` as one line of JSON in UTF-8, without the newline. Lone surrogates stay escaped."""
    try:
        return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(message, separators=(",", ":")).encode()


def result(request_id: Any, value: Any) -> Message:
    return {"jsonrpc": "2.0", "id": request_id, "result": value}


def error(request_id: Any, problem: RpcFailure) -> Message:
    return {"jsonrpc": "2.0", "id": request_id, "error": problem.to_json()}


def request(request_id: int, method: str, params: Message | None) -> Message:
    message: Message = {"jsonrpc": "2.0", "id": request_id, "method": method}
    if params is not None:
        message["params"] = params
    return message


def notification(method: str, params: Message | None = None) -> Message:
    message: Message = {"jsonrpc": "2.0", "method": method}
    if params is not None:
        message["params"] = params
    return message
