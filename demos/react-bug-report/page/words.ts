/** What the page says, in the browser's language. */
const words = {
  en: {
    title: 'Photo lab',
    intro: 'This page collects photos and orders them from its web worker, which develops one after the other.',
    handIn: (count: number) => (count === 1 ? 'Hand in a photo' : `Hand in ${count} photos`),
    report: 'Bug report',
    dropHere: 'Drop a bug report anywhere on this page, or choose one:',
    collected: 'At the desk, not ordered yet',
    ordered: 'In the lab',
    developed: 'Developed',
    none: 'none',
    photo: (id: number) => `photo ${id}`,
    reported: (id: string) => `Saved ${id}: one consistent state of the page, the worker, and all between them.`,
    restored: (id: string) => `The page and the worker go on from ${id}.`,
    connected: 'The worker is connected.',
    connecting: 'The worker is not connected yet.',
    starts: (version: string, count: number) =>
      `React ${version}, strict mode: this page’s actor was started ${count} times.`,
  },
  zh: {
    title: '冲印店',
    intro: '这个页面收下照片，向它的 Web Worker 下单；Worker 一张接一张地冲印。',
    handIn: (count: number) => `交 ${count} 张照片`,
    report: '问题报告',
    dropHere: '把问题报告拖到页面任意处，或选择一个文件：',
    collected: '在柜台，尚未下单',
    ordered: '在冲印',
    developed: '已冲印',
    none: '无',
    photo: (id: number) => `照片 ${id}`,
    reported: (id: string) => `已保存 ${id}：页面、Worker 和两者之间的一切，是一个一致的状态。`,
    restored: (id: string) => `页面和 Worker 从 ${id} 继续。`,
    connected: 'Worker 已连接。',
    connecting: 'Worker 尚未连接。',
    starts: (version: string, count: number) => `React ${version}，严格模式：本页的 actor 启动了 ${count} 次。`,
  },
};

const language = navigator.language.startsWith('zh') ? 'zh' : 'en';
document.documentElement.lang = language;

/** The words of the browser's language. */
export const say = words[language];
