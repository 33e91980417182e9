#include "tests/sandbox/monday_schema.h"

#include <stddef.h>
#include <string.h>

#include "base/attr.h"

#define COLUMN_VALUE                                                                               \
    { "column", "Column", { { 0 } } }, { "id", "ID", { { 0 } } },                                  \
        { "is_leaf", "Boolean", { { 0 } } }, { "text", "String", { { 0 } } },                      \
        { "type", "ColumnType", { { 0 } } },                                                       \
    {                                                                                              \
        "value", "JSON",                                                                           \
        {                                                                                          \
            {                                                                                      \
                0                                                                                  \
            }                                                                                      \
        }                                                                                          \
    }

#define ITEMS_PAGE                                                                                 \
    {                                                                                              \
        "items_page", "ItemsResponse",                                                             \
        {                                                                                          \
            { "cursor", "String", false }, { "hierarchy_scope_config", "String", false },          \
                { "limit", "Int!", true },                                                         \
            {                                                                                      \
                "query_params", "ItemsQuery", false                                                \
            }                                                                                      \
        }                                                                                          \
    }

static const struct schema_type types[] = {
    { .name = "Query",
      .fields = {
          { "boards",
            "Board",
            { { "board_kind", "BoardKind", false },
              { "hierarchy_types", "[BoardHierarchy!]", false },
              { "ids", "[ID!]", false },
              { "latest", "Boolean", false },
              { "limit", "Int", true },
              { "order_by", "BoardsOrderBy", false },
              { "page", "Int", true },
              { "state", "State", true },
              { "workspace_ids", "[ID]", false } } },
          { "items",
            "Item",
            { { "exclude_nonactive", "Boolean", false },
              { "ids", "[ID!]", false },
              { "limit", "Int", true },
              { "newest_first", "Boolean", false },
              { "page", "Int", true } } },
          { "next_items_page",
            "ItemsResponse",
            { { "cursor", "String!", false }, { "limit", "Int!", true } } },
          { "items_page_by_column_values",
            "ItemsResponse",
            { { "board_id", "ID!", false },
              { "columns", "[ItemsPageByColumnValuesQuery!]", false },
              { "cursor", "String", false },
              { "hierarchy_scope_config", "String", false },
              { "limit", "Int!", true } } },
          { .name = "complexity", .type = "Complexity" },
          { .name = "version", .type = "Version" },
          { .name = "versions", .type = "Version" },
          { .name = "me", .type = "User" },
          { .name = "account", .type = "Account" },
      } },
    { .name = "Board",
      .fields = {
          { .name = "id", .type = "ID" },
          { .name = "name", .type = "String" },
          { .name = "state", .type = "State" },
          { .name = "items_count", .type = "Int" },
          { .name = "board_kind", .type = "BoardKind" },
          { .name = "description", .type = "String" },
          { .name = "permissions", .type = "String" },
          { .name = "url", .type = "String" },
          { "groups", "Group", { { "ids", "[String]", false } } },
          { "columns",
            "Column",
            { { "ids", "[String]", false },
              { "types", "[ColumnType!]", false },
              { "capabilities", "[ColumnCapability]", false } } },
          ITEMS_PAGE,
      } },
    { .name = "Group",
      .fields = {
          { .name = "id", .type = "ID" },
          { .name = "title", .type = "String" },
          { .name = "archived", .type = "Boolean" },
          { .name = "deleted", .type = "Boolean" },
          { .name = "color", .type = "String" },
          { .name = "position", .type = "String" },
          ITEMS_PAGE,
      } },
    { .name = "Column",
      .fields = {
          { .name = "id", .type = "ID" },
          { .name = "title", .type = "String" },
          { .name = "type", .type = "ColumnType" },
          { .name = "archived", .type = "Boolean" },
          { .name = "description", .type = "String" },
          { .name = "width", .type = "Int" },
          { .name = "settings", .type = "JSON" },
          { .name = "settings_str", .type = "String" },
          { .name = "revision", .type = "String" },
      } },
    { .name = "ItemsResponse",
      .fields = { { .name = "cursor", .type = "String" }, { .name = "items", .type = "Item" } } },
    { .name = "Item",
      .fields = {
          { .name = "id", .type = "ID" },
          { .name = "name", .type = "String" },
          { .name = "state", .type = "State" },
          { .name = "group", .type = "Group" },
          { .name = "board", .type = "Board" },
          { .name = "creator_id", .type = "String" },
          { .name = "url", .type = "String" },
          { .name = "updated_at", .type = "Date" },
          { .name = "created_at", .type = "Date" },
          { "column_values",
            "ColumnValue",
            { { "ids", "[String!]", false },
              { "types", "[ColumnType!]", false },
              { "capabilities", "[ColumnCapability!]", false } } },
      } },
    { .name = "Complexity",
      .fields = { { .name = "before", .type = "Int" },
                  { .name = "query", .type = "Int" },
                  { .name = "after", .type = "Int" },
                  { .name = "reset_in_x_seconds", .type = "Int" } } },
    { .name = "Version",
      .fields = { { .name = "kind", .type = "VersionKind" },
                  { .name = "value", .type = "String" },
                  { .name = "display_name", .type = "String" } } },
    { .name = "User",
      .fields = { { .name = "id", .type = "ID" },
                  { .name = "name", .type = "String" },
                  { .name = "email", .type = "String" },
                  { .name = "account", .type = "Account" } } },
    { .name = "Account",
      .fields = { { .name = "id", .type = "ID" },
                  { .name = "name", .type = "String" },
                  { .name = "slug", .type = "String" },
                  { .name = "tier", .type = "String" } } },
    { .name = "ColumnValue", .abstract = true, .fields = { COLUMN_VALUE } },
    { .name = "TextValue", .implements = "ColumnValue", .fields = { COLUMN_VALUE } },
    { .name = "LongTextValue",
      .implements = "ColumnValue",
      .fields = { COLUMN_VALUE, { .name = "updated_at", .type = "Date" } } },
    { .name = "NumbersValue",
      .implements = "ColumnValue",
      .fields = { COLUMN_VALUE,
                  { .name = "number", .type = "Float" },
                  { .name = "symbol", .type = "String" },
                  { .name = "direction", .type = "NumberValueUnitDirection" } } },
    { .name = "StatusValue",
      .implements = "ColumnValue",
      .fields = { COLUMN_VALUE,
                  { .name = "label", .type = "String" },
                  { .name = "index", .type = "Int" },
                  { .name = "is_done", .type = "Boolean" } } },
    { .name = "DropdownValue",
      .implements = "ColumnValue",
      .fields = { COLUMN_VALUE, { .name = "values", .type = "DropdownValueOption" } } },
    { .name = "DropdownValueOption",
      .fields = { { .name = "id", .type = "ID" }, { .name = "label", .type = "String" } } },
    { .name = "DateValue",
      .implements = "ColumnValue",
      .fields = { COLUMN_VALUE,
                  { .name = "date", .type = "String" },
                  { .name = "time", .type = "String" },
                  { .name = "icon", .type = "String" } } },
    { .name = "PeopleValue",
      .implements = "ColumnValue",
      .fields = { COLUMN_VALUE, { .name = "persons_and_teams", .type = "PeopleEntity" } } },
    { .name = "PeopleEntity",
      .fields = { { .name = "id", .type = "ID" }, { .name = "kind", .type = "Kind" } } },
    { .name = "MirrorValue",
      .implements = "ColumnValue",
      .fields = { COLUMN_VALUE,
                  { .name = "display_value", .type = "String" },
                  { .name = "mirrored_items", .type = "MirroredItem" } } },
    { .name = "MirroredItem",
      .fields = { { .name = "linked_board_id", .type = "ID" },
                  { .name = "linked_item", .type = "Item" },
                  { .name = "mirrored_value", .type = "MirroredValue" } } },
    { .name = "MirroredValue", .abstract = true },
    { .name = "FormulaValue",
      .implements = "ColumnValue",
      .fields = { COLUMN_VALUE, { .name = "display_value", .type = "String" } } },
    { .name = "BoardRelationValue",
      .implements = "ColumnValue",
      .fields = { COLUMN_VALUE,
                  { .name = "display_value", .type = "String" },
                  { .name = "linked_item_ids", .type = "ID" } } },
    { .name = "DependencyValue",
      .implements = "ColumnValue",
      .fields = { COLUMN_VALUE, { .name = "display_value", .type = "String" } } },
    { .name = "SubtasksValue",
      .implements = "ColumnValue",
      .fields = { COLUMN_VALUE, { .name = "display_value", .type = "String" } } },
    { .name = "UnsupportedValue", .implements = "ColumnValue", .fields = { COLUMN_VALUE } },
};

const struct schema_type *schema_type(const char *name)
{
    for (size_t i = 0; name && i < COUNT(types); i++) {
        if (!strcmp(types[i].name, name))
            return &types[i];
    }
    return NULL;
}

const struct schema_field *schema_field(const struct schema_type *type, const char *name)
{
    for (size_t i = 0; i < COUNT(type->fields) && type->fields[i].name; i++) {
        if (!strcmp(type->fields[i].name, name))
            return &type->fields[i];
    }
    return NULL;
}

const struct schema_argument *schema_argument(const struct schema_field *field, const char *name)
{
    for (size_t i = 0; i < COUNT(field->arguments) && field->arguments[i].name; i++) {
        if (!strcmp(field->arguments[i].name, name))
            return &field->arguments[i];
    }
    return NULL;
}

bool schema_overlap(const struct schema_type *type, const struct schema_type *on)
{
    if (type == on)
        return true;
    if (!strcmp(type->name, "MirroredValue"))
        return on->implements || !strcmp(on->name, "Board") || !strcmp(on->name, "Group");
    return (on->implements && !strcmp(on->implements, type->name)) ||
           (type->implements && !strcmp(type->implements, on->name));
}

const char *schema_value_type(const char *column_type)
{
    static const char *const by_type[][2] = {
        { "text", "TextValue" },
        { "long_text", "LongTextValue" },
        { "numbers", "NumbersValue" },
        { "status", "StatusValue" },
        { "dropdown", "DropdownValue" },
        { "date", "DateValue" },
        { "people", "PeopleValue" },
        { "mirror", "MirrorValue" },
        { "formula", "FormulaValue" },
        { "board_relation", "BoardRelationValue" },
        { "dependency", "DependencyValue" },
        { "subtasks", "SubtasksValue" },
    };

    for (size_t i = 0; i < COUNT(by_type); i++) {
        if (!strcmp(column_type, by_type[i][0]))
            return by_type[i][1];
    }
    return "UnsupportedValue";
}
