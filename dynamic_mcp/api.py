from ninja import Router

router = Router(tags=["dynamic_mcp"])
