"""The Python OpenAI package as a stranger would use it. Prints a JSON line a case: its name, and what the client saw."""

import json
import os

import openai

client = openai.OpenAI(base_url=os.environ["PURSER_URL"] + "/v1", api_key=os.environ["PURSER_API_KEY"], max_retries=0)
plain, provider = os.environ["PURSER_MODEL"], os.environ["PURSER_PROVIDER"]
messages = [{"role": "user", "content": "Count the coins twice."}]
parameters = {"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]}
tools = [{"type": "function", "function": {"name": "count", "parameters": parameters}}]


def case_plain():
    raw = client.chat.completions.with_raw_response.create(model=plain, messages=messages)
    reply = raw.parse()
    return {"requestId": raw.headers["x-request-id"], "text": reply.choices[0].message.content, "usage": reply.usage.model_dump()}


def case_streamed():
    raw = client.chat.completions.with_raw_response.create(model=plain, messages=messages, stream=True)
    chunks = list(raw.parse())
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    return {"requestId": raw.headers["x-request-id"], "text": text, "usageFrames": sum(not chunk.choices for chunk in chunks)}


def case_tool():
    model = provider + "/simulated-tools"
    first = client.chat.completions.with_raw_response.create(model=model, messages=messages, tools=tools)
    message = first.parse().choices[0].message
    call = message.tool_calls[0]
    turns = [*messages, message.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": call.id, "content": "two coins"}]
    second = client.chat.completions.with_raw_response.create(model=model, messages=turns, tools=tools)
    return {
        "requestId": second.headers["x-request-id"],
        "also": [first.headers["x-request-id"]],
        "arguments": json.loads(call.function.arguments),
        "text": second.parse().choices[0].message.content,
    }


def case_error():
    try:
        client.chat.completions.create(model=provider + "/simulated-error-422", messages=messages)
    except openai.APIStatusError as error:
        return {"requestId": error.response.headers["x-request-id"], "status": error.status_code, "message": str(error)}
    return {"unexpected": "no error"}


for name, run in list(globals().items()):
    if name.startswith("case_"):
        try:
            result = run()
        except Exception as error:  # what the client could not stand is the finding
            result = {"crashed": repr(error)}
        print(json.dumps({"name": name[5:], **result}), flush=True)
