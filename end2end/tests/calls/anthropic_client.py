"""Calls `/v1/messages` with the Anthropic library: plain, as a stream, with a tool, counting. Prints what it saw."""

import json
import sys

from anthropic import Anthropic, APIStatusError

base_url, api_key, model, tool_model = sys.argv[1:]
# The library appends /v1 itself and sends the key as `x-api-key`.
client = Anthropic(base_url=base_url.removesuffix("/v1"), api_key=api_key, max_retries=0)
HELLO = [{"role": "user", "content": "hello"}]
WEATHER = {
    "name": "weather",
    "input_schema": {"type": "object", "properties": {"words": {"type": "string"}}},
}


def plain():
    message = client.messages.create(model=model, max_tokens=64, messages=HELLO)
    return {"text": message.content[0].text, "reason": message.stop_reason}


def stream():
    with client.messages.stream(model=model, max_tokens=64, messages=HELLO) as events:
        text = "".join(events.text_stream)
        final = events.get_final_message()
    return {"text": text, "final": final.content[0].text, "reason": final.stop_reason}


def tool_loop():
    messages = list(HELLO)
    asked = client.messages.create(model=tool_model, max_tokens=64, messages=messages, tools=[WEATHER])
    (use,) = [block for block in asked.content if block.type == "tool_use"]
    messages += [
        {"role": "assistant", "content": asked.content},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "sun"}]},
    ]
    answered = client.messages.create(model=tool_model, max_tokens=64, messages=messages, tools=[WEATHER])
    return {"tool": use.name, "arguments": use.input, "text": answered.content[0].text}


def count():
    return client.messages.count_tokens(model=model, messages=HELLO).input_tokens


def unknown_model():
    try:
        client.messages.create(model="nobody-serves-this", max_tokens=64, messages=HELLO)
    except APIStatusError as error:
        return {"status": error.status_code, "type": error.body["error"]["type"]}


print(json.dumps({run.__name__: run() for run in (plain, stream, tool_loop, count, unknown_model)}))
