# A message of Slack's as text: jq -r -f draw.jq reads what the simulated outside world tells of its replies.
def plain: gsub("\\*"; "") | gsub("\u200b"; "") | gsub("&lt;"; "<") | gsub("&gt;"; ">") | gsub("&amp;"; "&");
def field: .text | plain | split("\n") | join("   ");
.replies[0].body
| if .blocks == null then (.text | plain) else .blocks[]
| if .type == "header" then .text.text, ""
  elif .type == "divider" then ""
  elif .type == "section" then (.text.text // empty | plain), (.fields // [] | .[] | "  " + field)
  elif .type == "context" then (.elements[].text | plain)
  else "(" + .type + ")" end
  end
