"""The example of a story for the document of the API."""

from typing import Any

STORY: dict[str, Any] = {
    "number": "7K3M-92QFV-8X",
    "headline": "我们受理了您的投诉",
    "happened": [
        {
            "at": "2025-11-22T02:00:00Z",
            "on": "2025年11月22日 10:00",
            "text": "我们收到了您的投诉，编号是 7K3M-92QFV-8X。",
            "quoted": "充值 500 元，银行已扣款，钱包余额没有变化。",
        }
    ],
    "next": {"text": "我们会在2025年11月26日 24:00前给您处理结果。", "by": "2025-11-26T16:00:00Z"},
    "promises": [{"text": "我们会在2025年11月26日 24:00前给您处理结果。", "by": "2025-11-26T16:00:00Z"}],
    "missing": [{"text": "银行扣款记录", "how": "在应用里打开这起投诉，上传照片或文件。"}],
    "rights": [{"text": "您可以随时留言或补充材料。", "action": "follow-up"}],
}
