// The page of the sandbox' Slack: channels, a box to type in, and messages drawn as Slack draws them.
// Everything from outside becomes text nodes; no HTML is ever parsed.
'use strict';

const $ = (id) => document.getElementById(id);
const state = { channels: [], users: [], current: null, messages: new Map(), unread: new Map(), last: 0, polled: false };

const EMOJI = {
  large_green_circle: '🟢', large_yellow_circle: '🟡', large_orange_circle: '🟠', red_circle: '🔴', large_red_circle: '🔴',
  white_circle: '⚪', large_blue_circle: '🔵', warning: '⚠️', rotating_light: '🚨', no_entry: '⛔', information_source: 'ℹ️',
  hourglass_flowing_sand: '⏳', hourglass: '⌛', mag: '🔍', chart_with_upwards_trend: '📈', chart_with_downwards_trend: '📉',
  bar_chart: '📊', moneybag: '💰', dart: '🎯', calendar: '📆', date: '📅', clock1: '🕐', link: '🔗', bulb: '💡', wrench: '🔧',
  white_check_mark: '✅', x: '❌', eyes: '👀', tada: '🎉', fire: '🔥', arrow_right: '➡️', arrow_up: '⬆️', arrow_down: '⬇️',
};

function el(name, options = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(options)) {
    if (key === 'class') node.className = value;
    else node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

// ---- mrkdwn ----

const unescape = (text) => text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: '&', lt: '<', gt: '>' })[name]);
const withEmoji = (text) => text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI[name] ?? whole);

// A sign between zero-width blanks is data: it is set aside, in the private use area, until the text is written.
const SIGNS = '*_~`';
const setAside = (text) => text.replace(/\u200b([*_~`])\u200b/g, (_, one) => String.fromCharCode(0xe000 + SIGNS.indexOf(one)));
const putBack = (text) => text.replace(/[\ue000-\ue003]/g, (one) => SIGNS[one.charCodeAt(0) - 0xe000]);

const BEFORE = '(?<=^|[\\s(\\[{"\'.,;:!?>/\u00a0*_~-])';
const AFTER = '(?=$|[\\s)\\]}"\'.,;:!?</\u00a0*_~-])';
const mark = (sign) => new RegExp(`${BEFORE}\\${sign}(?!\\s)([^\\n\\${sign}]*[^\\s\\${sign}])\\${sign}${AFTER}`);
const INLINE = [
  { re: /```([\s\S]+?)```/, make: (m) => el('pre', {}, putBack(unescape(m[1].replace(/^\n/, '')))) },
  { re: /`([^`\n]+)`/, make: (m) => el('code', {}, putBack(unescape(m[1]))) },
  { re: /<([^<>\n]+)>/, make: (m) => angle(m[1]) },
  { re: mark('*'), make: (m) => el('strong', {}, ...inline(m[1])) },
  { re: mark('_'), make: (m) => el('em', {}, ...inline(m[1])) },
  { re: mark('~'), make: (m) => el('s', {}, ...inline(m[1])) },
];

function angle(inside) {
  const [target, ...rest] = inside.split('|');
  const label = rest.join('|');
  const channel = state.channels.find((one) => one.id === target.slice(1));
  const user = state.users.find((one) => one.id === target.slice(1));
  if (target.startsWith('#')) return el('span', { class: 'mention' }, '#' + (channel?.name ?? (label || target.slice(1))));
  if (target.startsWith('@')) return el('span', { class: 'mention' }, '@' + (user?.name ?? (label || target.slice(1))));
  if (target.startsWith('!date^')) {
    const seconds = Number(target.split('^')[1]);
    return el('span', {}, Number.isFinite(seconds) ? new Date(seconds * 1000).toLocaleString() : label);
  }
  if (target.startsWith('!')) return el('span', { class: 'mention' }, '@' + target.slice(1));
  if (/^(https?:|mailto:)/.test(target))
    return el('a', { href: unescape(target), rel: 'noopener noreferrer', target: '_blank' }, unescape(label || target));
  return document.createTextNode(unescape('<' + inside + '>'));
}

function inline(text) {
  let first = null;
  for (const rule of INLINE) {
    const match = rule.re.exec(text);
    if (match && (!first || match.index < first.match.index)) first = { rule, match };
  }
  if (!first) return text ? [document.createTextNode(withEmoji(putBack(unescape(text))))] : [];
  const { rule, match } = first;
  return [
    ...inline(text.slice(0, match.index)),
    rule.make(match),
    ...inline(text.slice(match.index + match[0].length)),
  ];
}

// Quotes are of whole lines; a block of code may hold lines that look like one.
function mrkdwn(text) {
  const box = el('div', { class: 'text' });
  const parts = setAside(text).split(/(```[\s\S]+?```)/);
  for (const part of parts) {
    if (part.startsWith('```')) { box.append(...inline(part)); continue; }
    let plain = [];
    const flush = () => { box.append(...inline(plain.join('\n'))); plain = []; };
    for (const line of part.split('\n')) {
      const quote = /^(?:&gt;|>) ?(.*)$/.exec(line);
      if (!quote) { plain.push(line); continue; }
      flush();
      box.append(el('blockquote', {}, ...inline(quote[1])));
    }
    flush();
  }
  return box;
}

const plainText = (object) => (object.emoji === false ? object.text : withEmoji(object.text));
const textObject = (object) => (object.type === 'mrkdwn' ? mrkdwn(object.text) : el('div', { class: 'text' }, plainText(object)));

// ---- blocks ----

const button = (element) => el('button', { type: 'button', disabled: '' }, plainText(element.text));

const BLOCKS = {
  header: (block) => el('h2', { class: 'b-header' }, plainText(block.text)),
  divider: () => el('hr', { class: 'b-divider' }),
  section: (block) => el('div', { class: 'b-section' },
    block.text ? textObject(block.text) : null,
    block.fields ? el('div', { class: 'b-fields' }, ...block.fields.map(textObject)) : null),
  context: (block) => el('div', { class: 'b-context' },
    ...block.elements.map((one) => (one.type === 'image' ? el('span', {}, one.alt_text) : textObject(one)))),
  actions: (block) => el('div', { class: 'b-actions' }, ...block.elements.filter((one) => one.text).map(button)),
  image: (block) => el('p', {}, '[' + block.alt_text + ']'),
  markdown: (block) => el('div', { class: 'text' }, block.text),
  table: (block) => el('table', { class: 'b-table' },
    ...block.rows.map((row) => el('tr', {}, ...row.map((cell) => el('td', {}, cell.text ?? ''))))),
};

function draw(body) {
  if (!body) return el('div', { class: 'text' });
  if (!Array.isArray(body.blocks) || body.blocks.length === 0) return mrkdwn(body.text ?? '');
  const box = el('div', { class: 'blocks' });
  for (const block of body.blocks)
    box.append(BLOCKS[block.type] ? BLOCKS[block.type](block) : el('p', {}, `[${block.type}]`));
  return box;
}

// ---- messages ----

const clock = (ms) => new Date(ms).toLocaleTimeString('pt-BR', { hour: '2-digit', minute: '2-digit' });
const userName = (id) => state.users.find((one) => one.id === id)?.name ?? id;
const isPublic = (message) => message.kind === 'chat.postMessage' || message.body?.response_type === 'in_channel';

// A command is seen by others only when its answer is in the channel; ours only by us.
function visible(message) {
  return isPublic(message) || message.user === $('user').value;
}

function content(message) {
  if (message.kind === 'command') return el('div', { class: 'typed' }, message.body.text);
  if (message.ok) return draw(message.body);
  if (message.kind === 'ack')
    return el('div', { class: 'refused' }, `/raiox failed with the error "${message.error}"`);
  return el('div', { class: 'refused' }, `Slack recusou: ${message.error}. ${message.detail ?? ''}`);
}

function messageNode(message) {
  const own = message.kind === 'command';
  const node = el('li', { 'data-kind': message.kind, 'data-number': message.number });
  if (!isPublic(message)) {
    node.classList.add('ephemeral');
    node.append(el('p', { class: 'only' }, '👁 Visível só para você'));
  }
  const name = own ? userName(message.user) : 'Raiox';
  node.append(el('div', { class: 'message' },
    el('div', { class: own ? 'face user' : 'face', 'aria-hidden': 'true' }, name[0].toUpperCase()),
    el('div', {},
      el('div', {}, el('span', { class: 'who' }, name), own ? null : el('span', { class: 'app-badge' }, 'APP'),
        el('time', { datetime: new Date(message.at_ms).toISOString() }, clock(message.at_ms))),
      content(message))));
  return node;
}

function showMessages() {
  const list = $('messages');
  const shown = (state.messages.get(state.current?.id) ?? []).filter(visible);
  list.replaceChildren(...shown.map(messageNode));
  if (shown.length === 0)
    list.append(el('li', { class: 'empty' }, 'Nada por aqui ainda. Digite /raiox e veja o mês deste cliente.'));
  list.scrollTop = list.scrollHeight;
}

function take(message) {
  if (!state.messages.has(message.channel)) state.messages.set(message.channel, []);
  state.messages.get(message.channel).push(message);
  if (message.channel !== state.current?.id && message.kind !== 'command' && visible(message))
    state.unread.set(message.channel, (state.unread.get(message.channel) ?? 0) + 1);
  return message.channel === state.current?.id;
}

// ---- channels ----

const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
const SECTIONS = [['client', 'Clientes'], ['internal', 'Internos'], ['direct', 'Mensagens diretas']];
const sign = (channel) => (channel.kind === 'direct' ? '✉' : '#');

function channelButton(channel) {
  const unread = state.unread.get(channel.id) ?? 0;
  const node = el('button', { type: 'button', 'data-channel': channel.id, class: unread ? 'new' : '' },
    el('span', { 'aria-hidden': 'true' }, sign(channel)), el('span', { class: 'name' }, channel.name),
    unread ? el('span', { class: 'count', 'aria-label': `${unread} novas` }, String(unread)) : null);
  if (channel.id === state.current?.id) node.setAttribute('aria-current', 'page');
  node.addEventListener('click', () => open(channel));
  return node;
}

function showChannels() {
  const wanted = fold($('find').value.trim());
  const user = $('user').value;
  const sections = [];
  for (const [kind, title] of SECTIONS) {
    const channels = state.channels
      .filter((one) => one.kind === kind && fold(one.name).includes(wanted) && (!one.user || one.user === user))
      .sort((a, b) => a.name.localeCompare(b.name));
    if (channels.length)
      sections.push(el('h2', {}, title), el('ul', {}, ...channels.map((one) => el('li', {}, channelButton(one)))));
  }
  $('channels').replaceChildren(...sections);
}

function focusCommand() {
  const box = $('command');
  box.focus({ preventScroll: true });
  box.setSelectionRange(box.value.length, box.value.length);
}

function open(channel) {
  state.current = channel;
  state.unread.delete(channel.id);
  $('title').textContent = sign(channel) + ' ' + channel.name;
  document.querySelector('.app').dataset.view = 'room';
  history.replaceState(null, '', '#' + channel.id);
  showChannels();
  showMessages();
  focusCommand();
}

// ---- to and from the sandbox ----

async function send(event) {
  event.preventDefault();
  const line = $('command').value.trim();
  const match = /^\/raiox(?:\s+([\s\S]*))?$/.exec(line);
  const submit = event.target.querySelector('button');
  if (!match || !state.current) { $('command').value = '/raiox '; return; }
  submit.disabled = true;
  $('command').value = '/raiox ';
  try {
    const answer = await fetch('/admin/commands', {
      method: 'POST',
      body: JSON.stringify({ channel: state.current.id, user: $('user').value, text: match[1] ?? '' }),
    });
    if (answer.status === 409) $('live').textContent = 'raiox não está ligado';
  } finally {
    submit.disabled = false;
    focusCommand();
  }
}

function liveness(on) {
  $('live').textContent = on ? 'ao vivo' : 'sem ligação, tentando de novo';
  $('live').className = on ? 'live on' : 'live off';
}

async function listen() {
  for (;;) {
    try {
      const answer = await fetch(`/admin/replies?all=1&after=${state.last}&wait_ms=${state.polled ? 20000 : 0}`);
      const told = await answer.json();
      liveness(true);
      state.polled = true;
      if (told.last < state.last) state.messages.clear();
      state.last = told.last;
      const here = told.replies.map(take);
      if (here.includes(true)) showMessages();
      if (told.replies.length) showChannels();
      if (new URLSearchParams(location.search).has('once')) return; // a picture of what is there
    } catch {
      liveness(false);
      await new Promise((again) => setTimeout(again, 1000));
    }
  }
}

async function start() {
  const { channels, users } = await (await fetch('/admin/channels')).json();
  Object.assign(state, { channels, users });
  $('user').append(...users.map((one) => el('option', { value: one.id }, one.name)));
  $('find').addEventListener('input', showChannels);
  $('user').addEventListener('change', () => { showChannels(); showMessages(); });
  $('composer').addEventListener('submit', send);
  $('back').addEventListener('click', () => { document.querySelector('.app').dataset.view = 'list'; });
  const asked = location.hash.slice(1);
  const phone = matchMedia('(max-width: 640px)').matches;
  const first = channels.find((one) => one.id === asked) ?? (phone ? null : channels[0]);
  showChannels();
  if (first) open(first);
  listen();
}

start();
