"""Jinja templates are judged by what they can reach; real chat templates reach nothing."""

from __future__ import annotations

import contextlib

import pytest

from assay.core.errors import FormatError
from assay.formats.budget import Budget
from assay.formats.repository.template import read
from assay.formats.repository.template_danger import Danger
from assay.formats.source import Memory


def dangers(template: str) -> set[Danger]:
    """What a template is found to do."""
    return {reach.danger for reach in read(Memory(template.encode()), Budget(), "chat_template.jinja").reaches}


@pytest.mark.parametrize(
    "template",
    [
        "{{ ().__class__.__base__.__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ lipsum.__globals__['os'].popen('id').read() }}",
        "{{ self.__init__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ messages['__class__'] }}",
        "{{ messages|attr('__class__') }}",
        "{{ messages|attr('__cl' ~ 'ass__') }}",
        "{{ messages|attr('__cl' + 'ass__') }}",
        "{{ messages|attr(['__cl', 'ass__']|join) }}",
        "{{ messages|attr('__ssalc__'|reverse) }}",
        "{{ messages|attr('__ssalc__'[::-1]) }}",
        "{{ messages|attr('%s%s' % ('__cl', 'ass__')) }}",
        "{{ messages|attr('%c%cclass%c%c'|format(95, 95, 95, 95)) }}",
        "{{ messages|attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
        "{{ messages|attr('_-_class_-_'|replace('-', '')) }}",
        "{% set a = '__class__' %}{{ messages|attr(a) }}",
        "{{ messages|attr(messages[0].role) }}",
        "{{ messages|map('attr', '__class__')|list }}",
        "{{ messages|map(attribute='__class__')|list }}",
        "{{ messages|selectattr('__class__') }}",
        "{{ messages['__cl' ~ 'ass__'] }}",
        "{{ '{0.__class__}'.format(messages) }}",
        "{{ '{0.__class__}'|format(messages) }}",
        "{% set f = '{0.__class__}'.format %}{% set x = '{0.__class__}' %}{{ x.format(messages) }}",
        "{% macro m() %}{{ caller.__globals__ }}{% endmacro %}",
        "{% if x.mro() %}{% endif %}",
        "{% for x in y.gi_frame.f_builtins %}{% endfor %}",
        "{% set ns = namespace(a=().__class__) %}",
        "{{ raise_exception.__globals__ }}",
        "{% generation %}{{ x.__class__ }}{% endgeneration %}",
        "{% do x.__class__ %}",
        "{{ x if y else z.__class__ }}",
        "{%- call(x) y.__class__() -%}{%- endcall -%}",
        "{% filter attr('__class__') %}{% endfilter %}",
    ],
)
def test_a_way_to_the_interpreter_is_seen(template):
    """CVE-2024-34359, and the ways round a sandbox: however the name is put together, it is found."""
    assert dangers(template) & {Danger.INTERNALS, Danger.HIDDEN_NAME, Danger.FORMAT}


@pytest.mark.parametrize(
    ("template", "danger"),
    [
        ("{% include '/etc/passwd' %}", Danger.LOADS),
        ("{% import x as y %}", Danger.LOADS),
        ("{% from 'a' import b %}", Danger.LOADS),
        ("{% extends 'a' %}", Danger.LOADS),
        ("{% for i in range(10**9) %}{% endfor %}", Danger.EXHAUSTS),
        ("{% for i in range(99999999999) %}{% endfor %}", Danger.EXHAUSTS),
        ("{{ 'a' * 10**10 }}", Danger.EXHAUSTS),
        ("{{ 9 ** (9 ** 9) }}", Danger.EXHAUSTS),
        ("{{ lipsum(n=1000000) }}", Danger.EXHAUSTS),
        ("{{ run_tool('x') }}", Danger.CALLS_UNKNOWN),
    ],
)
def test_other_dangers_are_told_apart(template, danger):
    """Loading, exhausting, calling the unknown."""
    assert danger in dangers(template)


LLAMA = """{{- bos_token }}
{%- if custom_tools is defined %}{%- set tools = custom_tools %}{%- endif %}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}{%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}{%- set date_string = "26 Jul 2024" %}{%- endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}{%- set messages = messages[1:] %}
{%- else %}{%- set system_message = "" %}{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- for t in tools %}{{- t | tojson(indent=4) }}{{- "\\n\\n" }}{%- endfor %}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or 'tool_calls' in message) %}
        {{- '<|start|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}{{- raise_exception("one tool-call at once!") }}{%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '{"name": "' + tool_call.name + '", "parameters": ' }}{{- tool_call.arguments | tojson }}{{- "}" }}
    {%- endif %}
{%- endfor %}"""
QWEN = """{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and
        not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content %}{%- set reasoning_content = '' %}
    {%- if '</think>' in content %}
        {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
        {%- set reasoning_content = message.content.split('</think>')[0].rstrip('\\n').split('<think>')[-1] %}
    {%- endif %}
    {%- if loop.last or (not loop.last and reasoning_content) %}
        {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + content }}
    {%- endif %}
    {%- if loop.first or (loop.previtem.role != "tool") %}{{ loop.nextitem }}{%- endif %}
{%- endfor %}
{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}"""
COMMAND_R = """{%- macro json_to_python_type(json_spec) %}
{%- set basic_type_map = {"string": "str", "number": "float", "integer": "int", "boolean": "bool"} %}
{%- if basic_type_map[json_spec.type] is defined %}{{- basic_type_map[json_spec.type] }}
{%- elif json_spec.type == "array" %}{{- "List[" + json_to_python_type(json_spec.items) + "]"}}
{%- elif json_spec.type is iterable %}{{- "Union[" }}
{%- for t in json_spec.type %}{{- json_to_python_type({"type": t}) }}{%- if not loop.last %}{{- "," }}{%- endif %}
{%- endfor %}{{- "]" }}{%- else %}{{- "Any" }}{%- endif %}{%- endmacro %}
{%- for tool in tools|selectattr('type', 'equalto', 'function')|map(attribute='function')|list %}
def {{ tool['name'] }}({% for name, f in tool.parameters.properties.items() %}{{ name }}: {{ json_to_python_type(f) }}
{%- if not loop.last %}, {% endif %}{% endfor %}) -> List[Dict]:
    \"\"\"{{ tool.description | replace("{", "{{") | upper }}\"\"\"{% continue %}
{%- endfor %}
{%- if (messages|length) % 2 != 0 %}{{ raise_exception('roles must alternate') }}{% endif %}
{%- generation %}{{ messages | map(attribute='content') | join('\\n') | default('', true) }}{%- endgeneration %}
{% for k in ['a', 'b'] %}{{ '-' * 80 }}{{ "%s: %d"|format(k, loop.index) }}{% break %}{% endfor %}
{% set d = dict(a=1) %}{% set _ = d.update({'x': 1}) %}{% do d.pop('x') %}{{ range(9)|list }}{{ d.get('_x', '') }}"""


@pytest.mark.parametrize("template", [LLAMA, QWEN, COMMAND_R])
def test_templates_as_models_have_them_are_silent(template):
    """Namespaces, macros, slices, string methods, tools, dates, exceptions: all of it is layout."""
    assert dangers(template) == set()


def test_a_template_that_cannot_be_parsed_is_told():
    """Under its own name; elsewhere the text is simply none."""
    with pytest.raises(FormatError, match="not a valid Jinja template"):
        dangers("{% for %}")


@pytest.mark.parametrize(
    "template",
    [
        "{{ " + "(" * 20_000 + ")" * 20_000 + " }}",
        "{{ " + "not " * 20_000 + "1 }}",
        "{{ a" + ".b" * 4_000 + " }}",
        "{{ " + "a ~ " * 4_000 + "a }}",
        "{{ a" + "|trim" * 4_000 + " }}",
        "{% if a %}" * 2_000 + "{% endif %}" * 2_000,
        "{{ " + "9 ** " * 2_000 + "9 }}",
        "{{ " + "9" * 5_000 + " }}",
    ],
)
def test_depth_ends_in_an_answer(template):
    """No template exhausts the stack or takes for ever."""
    with contextlib.suppress(FormatError):
        dangers(template)
