"""Calls `/v1/responses` with the OpenAI library: plain, as a stream, and in a loop of tool calls. Prints what it saw."""

import json
import sys

from openai import OpenAI

base_url, api_key, model, tool_model = sys.argv[1:]
client = OpenAI(base_url=base_url, api_key=api_key, max_retries=0)
WEATHER = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {"words": {"type": "string"}}},
}


def plain():
    response = client.responses.create(model=model, input="hello")
    return {"text": response.output_text, "status": response.status}


def stream():
    text, types = "", []
    with client.responses.stream(model=model, input="hello") as events:
        for event in events:
            types.append(event.type)
            if event.type == "response.output_text.delta":
                text += event.delta
        final = events.get_final_response()
    return {"text": text, "last": types[-1], "final": final.output_text}


def tool_loop():
    asked = client.responses.create(model=tool_model, input="the weather?", tools=[WEATHER])
    (call,) = [item for item in asked.output if item.type == "function_call"]
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "sun"}
    answered = client.responses.create(
        model=tool_model, input=[result], previous_response_id=asked.id, tools=[WEATHER]
    )
    return {
        "tool": call.name,
        "arguments": json.loads(call.arguments),
        "text": answered.output_text,
        "previous": answered.previous_response_id == asked.id,
    }


def stored():
    made = client.responses.create(model=model, input="hello")
    read = client.responses.retrieve(made.id)
    items = client.responses.input_items.list(made.id)
    client.responses.delete(made.id)
    return {"same": read.id == made.id, "items": len(items.data)}


print(json.dumps({run.__name__: run() for run in (plain, stream, tool_loop, stored)}))
