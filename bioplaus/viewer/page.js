// Keys, pointer and address.  inbox: what the hand does, for the server; outbox: what it answers.
let sent = 0
const say = (kind, text) => { inbox.data = {kind: [kind], text: [String(text)], n: [++sent]} }
const live = document.createElement('div')
live.setAttribute('aria-live', 'polite')
live.style.cssText = 'position:fixed;right:12px;bottom:8px;padding:3px 10px;background:#fff;color:#222;border:1px solid #999;border-radius:3px;font:13px sans-serif;visibility:hidden;z-index:9;white-space:pre-line;max-width:60ch'
document.body.append(live)
document.documentElement.lang = 'en'
let hide = 0
const tell = (text, seconds) => {
  live.textContent = text
  live.style.visibility = text ? 'visible' : 'hidden'
  clearTimeout(hide)
  if (seconds) hide = setTimeout(() => { live.style.visibility = 'hidden' }, 1000 * seconds)
}

// Dark is the light page turned over; the hues come back with a half turn.
const dress = theme => {
  const dark = theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  document.documentElement.style.cssText = dark
    ? 'background:#fff;color:#111;filter:invert(0.92) hue-rotate(180deg)' : 'background:#fff;color:#111'
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}
dress(new URLSearchParams(location.search).get('theme'))
matchMedia('(prefers-color-scheme: dark)').addEventListener('change',
  () => dress(new URLSearchParams(location.search).get('theme')))

// Keys do nothing while a field is typed in; fields stand in shadow roots.
const keys = 'ArrowLeft ArrowRight ArrowUp ArrowDown Home End + - f p P e E s S n N c m x l 1 2 3 4 5 6 7 8'.split(' ')
let listed = false  // whether the hand is at the list, which takes the focus unasked when it is drawn
const atList = event => event.composedPath().some(part => String(part.className ?? '').includes('slick'))
document.addEventListener('pointerdown', event => { listed = atList(event) }, true)
document.addEventListener('keydown', event => {
  if (event.key === 'Tab' || event.key === 'l') listed = event.key === 'l'
  const at = event.composedPath()[0]
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (at.closest?.('input, select, textarea, [role=listbox], .noUi-handle')) return
  if (listed && atList(event) && /^Arrow(Up|Down)$/.test(event.key)) return  // the list moves by them
  if (event.key === '?') return tell(live.style.visibility === 'visible' ? '' : help)
  if (event.key === 'Escape') return tell('')
  if (event.key === 'g') {
    event.preventDefault()
    const text = prompt('go to: presentation 103, time 12.5s, next error e, cell #412')
    return text && say('go', text)
  }
  if (!keys.includes(event.key)) return
  event.preventDefault()
  event.stopPropagation()
  say('key', event.key)
}, true)

// Where the pointer is, at most every 50 ms, its last place included.
let place = null, waiting = 0
window.bioplausPointer = (panel, x, y) => {
  place = [panel, x, y].join(' ')
  waiting ||= setTimeout(() => { waiting = 0; say('pointer', place) }, 50)
}

let last = location.search, later = 0
const answered = () => {
  const {drawn: [drawn], address: [address], push: [push], said: [said]} = outbox.data
  document.body.dataset.drawn = drawn
  if (said) tell(said, 4)
  clearTimeout(later)
  if (address === last) return
  if (push) { history.pushState(null, '', address); last = address }
  else later = setTimeout(() => { history.replaceState(null, '', address); last = address }, 200)
}
outbox.properties.data.change.connect(answered)
answered()
addEventListener('popstate', () => { last = location.search; say('address', location.search) })
document.addEventListener('visibilitychange', () => say('visible', document.visibilityState))
window.bioplausLost = () => {
  tell('The server has ended; runs go on. This page comes back when the server does.')
  setInterval(() => fetch(location.href).then(answer => answer.ok && location.reload(), () => 0), 3000)
}
