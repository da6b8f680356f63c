using ContainerTools.Linux.Files;

namespace ContainerTools.Core.Build.Files;

/// <summary>What <c>--chmod</c> asks for: a number, or changes as chmod(1) takes them, such as <c>u=rwX,go=rX</c>.</summary>
internal sealed class ModeChange
{
    private const uint AllExecute = 0x49; // 0111

    private readonly Func<uint, bool, uint> apply;

    private ModeChange(Func<uint, bool, uint> apply) => this.apply = apply;

    /// <summary>Reads the text.</summary>
    /// <exception cref="BuildProblemException">It is neither.</exception>
    internal static ModeChange Parse(string text)
    {
        if (text.Length is > 0 and <= 5 && text.All(static c => c is >= '0' and <= '7') && Convert.ToUInt32(text, 8) is var number and <= 0xFFF)
        {
            return new ModeChange((_, _) => number);
        }

        var clauses = text.Split(',').Select(c => ParseClause(c, text)).ToList();
        return new ModeChange((mode, isDirectory) => clauses.Aggregate(mode, (m, clause) => clause(m, isDirectory)));
    }

    /// <summary>The mode that a file gets.</summary>
    internal uint Apply(FileStatus status) => apply(status.Mode, status.IsDirectory);

    /// <summary>The mode that something gets.</summary>
    internal uint Apply(uint mode, bool isDirectory) => apply(mode, isDirectory);

    private static Func<uint, bool, uint> ParseClause(string clause, string whole)
    {
        int position = 0;
        uint who = 0;
        while (position < clause.Length && clause[position] is 'u' or 'g' or 'o' or 'a')
        {
            who |= clause[position++] switch { 'u' => 0x9C0u, 'g' => 0x438u, 'o' => 0x207u, _ => 0xFFFu };
        }

        who = who == 0 ? 0xFFF : who;
        var actions = new List<Func<uint, bool, uint>>();
        while (position < clause.Length)
        {
            char operation = clause[position++];
            string letters = string.Concat(clause.Skip(position).TakeWhile(static c => c is not ('+' or '-' or '=')));
            position += letters.Length;
            if (operation is not ('+' or '-' or '=') || letters.Any(static c => !"rwxXst".Contains(c)))
            {
                throw Invalid(whole);
            }

            actions.Add((mode, isDirectory) => Change(mode, isDirectory, who, operation, letters));
        }

        return actions.Count == 0 ? throw Invalid(whole) : (mode, isDirectory) => actions.Aggregate(mode, (m, action) => action(m, isDirectory));
    }

    private static uint Change(uint mode, bool isDirectory, uint who, char operation, string letters)
    {
        uint bits = 0;
        foreach (char letter in letters)
        {
            bits |= letter switch
            {
                'r' => 0x124u,
                'w' => 0x92u,
                'x' => AllExecute,
                'X' => isDirectory || (mode & AllExecute) != 0 ? AllExecute : 0,
                's' => 0xC00u,
                _ => 0x200u,
            };
        }

        bits &= who;
        return operation switch
        {
            '+' => mode | bits,
            '-' => mode & ~bits,
            _ => (mode & ~(who & (isDirectory ? 0x3FFu : 0xFFFu))) | bits,
        };
    }

    private static BuildProblemException Invalid(string text) =>
        new("BuildModeInvalid", $"'{text}' is no mode: 0755 and u=rwX,go=rX are examples of modes");
}
