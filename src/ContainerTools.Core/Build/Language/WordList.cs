using System.Text;

namespace ContainerTools.Core.Build.Language;

/// <summary>Collects words: from text that blanks split, and from text that they do not.</summary>
internal sealed class WordList
{
    private readonly List<string> _words = [];
    private readonly StringBuilder _word = new();

    internal void AddExactly(string text) => _word.Append(text);

    internal void AddAndSplit(string text)
    {
        foreach (char c in text)
        {
            if (!char.IsWhiteSpace(c))
                _word.Append(c);
            else
                End();
        }
    }

    internal IReadOnlyList<string> ToList()
    {
        End();
        return _words;
    }

    private void End()
    {
        if (_word.Length > 0)
            _words.Add(_word.ToString());
        _word.Clear();
    }
}
