"""Words that stand in names of columns and files, in many languages, by what they say.

A language is a line; words of languages that inflect or compound stand here by their stem, and are known by it.
"""

from collections.abc import Mapping


def _words(*lines: str) -> set[str]:
    return {word for line in lines for word in line.split()}


def _weights(words: Mapping[int, str]) -> dict[str, int]:
    return {word: weight for weight, line in words.items() for word in line.split()}


TEXT = _weights(
    {
        4: "text content contents body sentence review tweet message utterance instruction prompt "
        "question abstract "
        "文本 内容 正文 评论 句子 语句 原文 全文 消息 留言 弹幕 微博 推文 帖子 短信 问题 提问 摘要 "
        "指令 对话 文章 点评 反馈 "
        "內容 評論 語句 訊息 貼文 簡訊 問題 提問 對話 點評 回饋 "
        "本文 文章 文 テキスト レビュー コメント 口コミ クチコミ 感想 発話 質問 投稿 ツイート メッセージ 要約 "
        "내용 본문 텍스트 문장 리뷰 후기 댓글 메시지 발화 질문 게시글 트윗 "
        "текст отзыв комментар сообщени предложени содержани вопрос реценз твит відгук коментар "
        "повідомлен речення зміст "
        "نص تعليق تعليقات مراجعة محتوى جملة رسالة تغريدة سؤال متن نظر دیدگاه جمله پیام تبصرہ "
        "טקסט תגובה ביקורת תוכן משפט הודעה שאלה κείμεν σχόλι κριτικ μήνυμα πρόταση περιεχόμεν "
        "ข้อความ รีวิว ความคิดเห็น ความเห็น เนื้อหา ประโยค คำถาม บทความ ຂໍ້ຄວາມ អត្ថបទ မှတ်ချက် စာသား "
        "पाठ टेक्स्ट टिप्पणी समीक्षा वाक्य संदेश सामग्री प्रश्न लेख লেখা টেক্সট মন্তব্য বাক্য உரை "
        "கருத்து வாக்கியம் "
        "texto comentario comentário reseña opinión mensaje mensagem oración frase contenido conteúdo resenha "
        "texte commentaire avis contenu kommentar satz nachricht inhalt rezension testo commento recensione "
        "tekst opinia zdanie treść komentarz metin yorum cümle teks ulasan kalimat komentar luận văn câu",
        3: "sentences comment post document query intent headline 评价 評價 글 문서 пост документ документы",
        2: "summary description doc 描述 简介 簡介 説明 설명 요약 中文 英文 日文 описани ملخص وصف विवरण",
        1: "title source input snippet code 标题 標題 题目 題目 题名 見出し タイトル 件名 제목 заголов "
        "название "
        "عنوان τίτλος שורה ชื่อเรื่อง शीर्षक",
    }
)
LABEL = _weights(
    {
        6: "label labels 标签 標籤 标记 標記 标注 標註 ラベル 라벨 레이블 метк мітк تسمية وسم برچسب "
        "תווית ετικέτ "
        "ป้าย ป้ายกำกับ ฉลาก लेबल লেবেল etiqueta rótulo étiquette etikett etichetta etykieta etiket nhãn",
        5: "class sentiment polarity stance category emotion "
        "类别 分类 类目 类 情感 情绪 极性 倾向 立场 類別 分類 類 情緒 極性 傾向 立場 "
        "感情 カテゴリ カテゴリー クラス センチメント 감정 감성 분류 카테고리 범주 극성 클래스 긍부정 "
        "класс категори тональност настроени эмоци сентимент полярност категорі тональніст клас "
        "تصنيف فئة مشاعر شعور عاطفة قطبية احساس دسته סיווג קטגוריה רגש סנטימנט κατηγορί συναίσθημα κλάση "
        "ความรู้สึก อารมณ์ หมวดหมู่ भावना श्रेणी वर्ग অনুভূতি শ্রেণী உணர்வு வகை "
        "clase categoría categoria sentimiento sentimento classe catégorie klasse kategorie stimmung kategoria "
        "sınıf kategori duygu kelas sentimen emosi cảm loại",
        4: "topic mood tone spam verdict 主题 主題 话题 話題 态度 態度 心情 语气 結論 结论 結論 判定 "
        "正解 評価 주제 평가 정답 "
        "тем موضوع विषय θέμα נושא",
        3: "target rating stars y 星级 星級 星 评分 評分 打分 等级 等級 目标 ジャンル 評点 평점 별점 "
        "оценк оцінк рейтинг "
        "تقييم امتیاز דירוג βαθμολογία คะแนน ประเภท रेटिंग calificación avaliação bewertung ocena puan",
        2: "finding type tag 类型 種類 类型 類型 种类 種別 タグ 评价 評價 유형 종류 태그 тип тег نوع प्रकार",
        1: "score 得分 分数 分數 スコア 점수 балл",
    }
)
HELD_OUT = _words(
    "test dev val valid validation eval 测试 测试集 验证 验证集 測試 測試集 驗證 驗證集 テスト",
    "検証 테스트 검증 тест",
)
GENERAL = (HELD_OUT - {"eval"}) | _words(
    "train training data text texts all part file input dataset",
    "训练 训练集 訓練 訓練集 数据 数据集 數據 文本 学習 データ 훈련 학습 데이터 данные",
)
"""Words that name no source by themselves."""
NEITHER = _words(
    "id ids idx index uuid key hash url uri link date time timestamp created added author user",
    "name lang language",
    "version meta metadata count confidence gold timezone location masked split fold coord number path file",
    "tokens",
    "编号 序号 号 链接 网址 日期 时间 日 年 作者 者 人 用户 昵称 姓名 名称 名 语言 版本 数量",
    "次数 个数 数 量 率 地点 位置 城市",
    "地址 来源 路径 文件 置信度 点赞 赞 转发 浏览 电话 邮箱 价格 店铺 产品 商品",
    "編號 序號 號 連結 網址 時間 用戶 使用者 暱稱 語言 數量 次數 數 地點 地址 來源 路徑 檔案 讚",
    "轉發 瀏覽 電話 價格",
    "番号 日付 日時 時刻 ユーザー ユーザ 名前 氏名 著者 言語 件数 回数 場所 価格 いいね リンク",
    "번호 아이디 날짜 시간 일시 일자 작성일 작성자 이름 사용자 언어 링크 주소 개수 수 장소 가격 좋아요",
    "номер дата время автор ссылк имя пользовател язык количеств число дата мова",
    "رقم تاريخ وقت معرف مستخدم اسم رابط لغة شناسه تاریخ کاربر נוסף תאריך מזהה שם משתמש ημερομηνία όνομα χρήστη",
    "วันที่ เวลา ชื่อ ผู้ใช้ รหัส ลำดับ จำนวน क्रमांक दिनांक तारीख नाम समय संख्या তারিখ নাম பெயர் தேதி",
    "fecha autor nombre usuario nome usuário date auteur nom datum autor imię tarih tanggal nama",
)
OTHER_LABELS = _words("spam ham pros cons good bad toxic clean true false real fake yes no", "垃圾 正常 真 假 是 否")
"""What a file may be named after that holds the texts of one label, beside the words of SCALES."""
SCALES = (
    ("negative", "neutral", "positive"),
    ("负面", "中性", "正面"),
    ("消极", "中立", "积极"),
    ("差评", "中评", "好评"),
    ("ネガティブ", "ニュートラル", "ポジティブ"),
    ("否定的", "中立的", "肯定的"),
    ("부정", "중립", "긍정"),
    ("негативный", "нейтральный", "позитивный"),
    ("отрицательный", "нейтральный", "положительный"),
    ("سلبي", "محايد", "إيجابي"),
    ("ลบ", "กลาง", "บวก"),
    ("नकारात्मक", "तटस्थ", "सकारात्मक"),
    ("tiêu cực", "trung tính", "tích cực"),
    ("negativo", "neutro", "positivo"),
    ("négatif", "neutre", "positif"),
    ("negativ", "neutral", "positiv"),
)
"""The same three labels in other words, from bad to good."""
VARIANTS = {"負面": "负面", "積極": "积极", "消極": "消极", "差評": "差评", "中評": "中评", "好評": "好评"}
"""Spelling in traditional characters -> the simplified one."""
