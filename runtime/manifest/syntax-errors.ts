/**
 * Mistakes of YAML grammar in our words. The library's sentences are not repeated: some quote the source, and a line of
 * a manifest may hold a secret that a message must not show.
 */

import type { ErrorCode } from 'yaml';

export const syntaxErrors: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) has no anchor and no tag of its own',
  BAD_ALIAS: 'not an alias or anchor: its name is missing or has characters that are not allowed',
  BAD_COLLECTION_TYPE: 'the tag does not fit this map or list',
  BAD_DIRECTIVE: 'not a directive that is understood; remove the line that starts with %',
  BAD_DQ_ESCAPE: 'not an escape sequence inside double quotes; write \\\\ for a backslash',
  BAD_INDENT: 'not indented as its neighbours, or a bracket or brace is not closed',
  BAD_PROP_ORDER: 'anchors and tags stand before the value',
  BAD_SCALAR_START: 'a text cannot start with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a second ": " on one line; put the text in quotes or the map on its own lines',
  BLOCK_IN_FLOW: 'a block map or list cannot stand inside brackets or braces',
  DUPLICATE_KEY: 'the key is given twice',
  IMPOSSIBLE: 'not YAML',
  KEY_OVER_1024_CHARS: 'a key is longer than 1024 characters',
  MISSING_CHAR: 'a character is missing: a closing quote, bracket or brace, a comma, or ": " after a key',
  MULTILINE_IMPLICIT_KEY: 'a key goes over more than one line; is the ": " after it missing?',
  MULTIPLE_ANCHORS: 'a value has one anchor at most',
  MULTIPLE_DOCS: 'a second document; a manifest is one document, give several files instead',
  MULTIPLE_TAGS: 'a value has one tag at most',
  NON_STRING_KEY: 'a key is not a text',
  RESOURCE_EXHAUSTION: 'nested too deep',
  TAB_AS_INDENT: 'a tab is used to indent; use spaces',
  TAG_RESOLVE_FAILED: 'an unknown tag, or a value that does not fit its tag',
  UNEXPECTED_TOKEN: 'something that does not belong here; put texts with special characters in quotes',
};
