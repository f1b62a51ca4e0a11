/** What the page says, in the browser's language. */
const words = {
  en: {
    title: 'Tabs',
    intro: (coins: number) =>
      `This tab came with ${coins} coins. It keeps handing coins to the other tabs, and they to it.`,
    another: 'Open another tab',
    snapshot: 'Take a snapshot',
    has: (coins: number) => `${coins} coins here`,
    others: (others: number) => (others === 1 ? '1 other tab' : `${others} other tabs`),
    tab: 'tab',
    coins: 'coins',
    inFlight: 'on their way',
    sum: 'all',
    verdict: (isConsistent: boolean) =>
      isConsistent ? 'The snapshot is consistent.' : 'The snapshot is inconsistent.',
  },
  zh: {
    title: '标签页',
    intro: (coins: number) => `这个标签页带来了 ${coins} 枚硬币。它不停地把硬币递给其他标签页，它们也递给它。`,
    another: '再打开一个标签页',
    snapshot: '拍快照',
    has: (coins: number) => `这里有 ${coins} 枚硬币`,
    others: (others: number) => `另有 ${others} 个标签页`,
    tab: '标签页',
    coins: '硬币',
    inFlight: '在途',
    sum: '总共',
    verdict: (isConsistent: boolean) => (isConsistent ? '快照是一致的。' : '快照不一致。'),
  },
};

const language = navigator.language.startsWith('zh') ? 'zh' : 'en';
document.documentElement.lang = language;

/** The words of the browser's language. */
export const say = words[language];
