"""What a tool answered, made ready to be looked at. Pure; nothing in it may run, load or leave the page."""

from dynamic_mcp.rendering.blocks import Block, blocks_of
from dynamic_mcp.rendering.curl import curl_of
from dynamic_mcp.rendering.json_html import json_html

__all__ = ["Block", "blocks_of", "curl_of", "json_html"]
