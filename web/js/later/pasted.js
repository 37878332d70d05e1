// What was pasted from a terminal, in the composer: its colours can be seen there as signs, like all that is written.

import { shown } from './sgr.js';

/** @param {HTMLTextAreaElement | null} field @returns {boolean} it is another text now */
export function pasted(field) {
  if (!field?.value.includes('\x1b')) return false;
  const { value, selectionStart } = field;
  const before = shown(value.slice(0, selectionStart));
  field.value = before + shown(value.slice(selectionStart));
  field.setSelectionRange(before.length, before.length);
  return true;
}
