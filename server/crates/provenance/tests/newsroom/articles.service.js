"use strict";
var __decorate = (this && this.__decorate) || function (decorators, target, key, desc) {
    var c = arguments.length, r = c < 3 ? target : desc === null ? desc = Object.getOwnPropertyDescriptor(target, key) : desc, d;
    if (typeof Reflect === "object" && typeof Reflect.decorate === "function") r = Reflect.decorate(decorators, target, key, desc);
    else for (var i = decorators.length - 1; i >= 0; i--) if (d = decorators[i]) r = (c < 3 ? d(r) : c > 3 ? d(target, key, r) : d(target, key)) || r;
    return c > 3 && r && Object.defineProperty(target, key, r), r;
};
var __metadata = (this && this.__metadata) || function (k, v) {
    if (typeof Reflect === "object" && typeof Reflect.metadata === "function") return Reflect.metadata(k, v);
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.Articles = void 0;
const common_1 = require("@nestjs/common");
const api_1 = require("@opentelemetry/api");
const traced_1 = require("./traced");
const SPELLING = 'check spelling';
let Articles = class Articles {
    tracer = api_1.trace.getTracer('newsroom.articles');
    bySlugs = new Map([['tide', { slug: 'tide', title: 'High tide', public: true }]]);
    async latest() {
        return [...this.bySlugs.values()].filter((article) => article.public);
    }
    async bySlug(slug) {
        return (0, traced_1.inSpan)('find article', async () => {
            const article = this.bySlugs.get(slug);
            if (!article)
                throw new common_1.NotFoundException(slug);
            return article;
        });
    }
    keep(draft) {
        const span = this.tracer.startSpan(`keep ${draft.slug}`);
        this.bySlugs.set(draft.slug, draft);
        span.end();
        return draft;
    }
    async publish(slug) {
        const article = await this.bySlug(slug);
        await Promise.all([this.spell(article), this.typeset(article)]);
        setTimeout(() => this.announce(article), 20);
        return Object.assign(article, { public: true });
    }
    forget(slug) {
        if (slug === 'tide')
            throw new Error('the front page cannot be empty');
        this.bySlugs.delete(slug);
    }
    spell = async (article) => {
        await (0, traced_1.inSpan)(SPELLING, async (span) => {
            span.setAttribute('words', article.title.split(' ').length);
        });
    };
    async typeset(article) {
        return this.tracer.startActiveSpan('typeset', (span) => {
            span.end();
            return article.title.length;
        });
    }
    announce(article) {
        this.tracer.startSpan('announce', { root: true }).setAttribute('article', article.slug).end();
    }
};
exports.Articles = Articles;
__decorate([
    (0, traced_1.Traced)(),
    __metadata("design:type", Function),
    __metadata("design:paramtypes", []),
    __metadata("design:returntype", Promise)
], Articles.prototype, "latest", null);
exports.Articles = Articles = __decorate([
    (0, common_1.Injectable)()
], Articles);
//# sourceMappingURL=articles.service.js.map