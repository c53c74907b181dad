"""JSON API of this app: sessions and executions."""

from ninja import Router

from dynamic_mcp.catalog_api import router as catalog_router
from dynamic_mcp.execution_api import router as execution_router
from dynamic_mcp.session_api import router as session_router

router = Router()
router.add_router("", session_router)
router.add_router("", execution_router)
router.add_router("", catalog_router)
