// The script of the hostile page. Each attack tells what its page could learn or do; the test knows what really happened.
globalThis.attacks = {
  /** Everything that a page can send elsewhere without being asked for its leave, and what needs leave. */
  async write(url, json) {
    const outcome = async (work) => {
      try {
        const answer = await work
        return answer.type === 'opaque' ? 'sent blindly' : `read ${answer.status}`
      } catch {
        return 'refused by the browser'
      }
    }
    const post = (mode, type, body) =>
      outcome(
        fetch(url, {
          method: 'POST',
          mode,
          credentials: 'include',
          ...(type === undefined ? {} : { headers: { 'content-type': type } }),
          body,
        }),
      )
    const form = new FormData()
    form.append('file', new Blob(['PassengerId,Survived\n892,0\n']), 'prediction.csv')
    return {
      json: await post('cors', 'application/json', json),
      text: await post('no-cors', 'text/plain', json),
      urlencoded: await post('no-cors', 'application/x-www-form-urlencoded', 'tier=public'),
      multipart: await post('no-cors', undefined, form),
      beacon: navigator.sendBeacon(url, new Blob([json], { type: 'text/plain' })),
    }
  },
  /** A form that is sent into a window or frame of its own. */
  async post(url, enctype) {
    const form = document.createElement('form')
    Object.assign(form, { method: 'POST', action: url, enctype, target: 'sink' })
    const frame = document.createElement('iframe')
    frame.name = 'sink'
    const field = document.createElement('input')
    Object.assign(field, { name: '{"tier":"public","x":"', value: '"}' })
    form.append(field)
    document.body.append(frame, form)
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
    form.submit()
    await loaded
    form.remove()
    frame.remove()
  },
  async read(url, mode) {
    try {
      const answer = await fetch(url, { mode, credentials: 'include' })
      return answer.type === 'opaque' ? 'opaque' : await answer.text()
    } catch {
      return 'refused by the browser'
    }
  },
  script(url) {
    return new Promise((resolve) => {
      const script = document.createElement('script')
      script.src = url
      script.onload = () => resolve('ran')
      script.onerror = () => resolve('refused')
      document.head.append(script)
    })
  },
  toss(cookies) {
    for (const cookie of cookies) {
      // biome-ignore lint/suspicious/noDocumentCookie: this is the attack
      document.cookie = cookie
    }
    return document.cookie
  },
  websocket(url) {
    return new Promise((resolve) => {
      const socket = new WebSocket(url)
      socket.onopen = () => resolve('open')
      socket.onerror = () => resolve('refused')
    })
  },
  frame(url) {
    const frame = document.createElement('iframe')
    frame.src = url
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
    document.body.append(frame)
    return loaded.then(() => {
      try {
        return frame.contentDocument ? 'same origin' : 'another origin'
      } catch {
        return 'another origin'
      }
    })
  },
  async serviceWorker(script, scope) {
    try {
      const registration = await navigator.serviceWorker.register(script, { scope })
      if (!registration.active) {
        const worker = registration.installing ?? registration.waiting
        await new Promise((resolve) => {
          const check = () => worker.state === 'activated' && resolve()
          worker.addEventListener('statechange', check)
          check()
        })
      }
      return registration.scope
    } catch (error) {
      return error.name
    }
  },
  handles() {
    return { opener: window.opener !== null, name: window.name, referrer: document.referrer }
  },
  /** Opens a page of ours, and tries to hold on to it. */
  async open(url) {
    const heard = []
    addEventListener('message', (event) => heard.push(event.origin))
    const opened = window.open(url, 'ours')
    const severed = await new Promise((resolve) => {
      const deadline = Date.now() + 15_000
      const check = () => {
        if (opened === null || opened.closed) return resolve(true)
        if (Date.now() > deadline) return resolve(false)
        setTimeout(check, 50)
      }
      check()
    })
    opened?.postMessage('give me everything', '*')
    return { severed, heard }
  },
}
