"""Asks each prompt twice, plain and as a stream, and prints the routes that the headers name."""

import json
import sys

from openai import OpenAI

base_url, api_key, model, prompts = sys.argv[1:]
client = OpenAI(base_url=base_url, api_key=api_key, max_retries=0)
found = {}
for route, prompt in json.loads(prompts).items():
    messages = [{"role": "user", "content": prompt}]
    plain = client.chat.completions.with_raw_response.create(model=model, messages=messages)
    answered = bool(plain.parse().choices[0].message.content)
    stream = client.chat.completions.with_raw_response.create(model=model, messages=messages, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream.parse() if chunk.choices)
    found[route] = {
        "plain": plain.headers["x-sb-route"],
        "stream": stream.headers["x-sb-route"],
        "answered": answered and bool(text),
    }
print(json.dumps(found))
