using System.Text;
using ContainerTools.Core.Build.Language;

namespace ContainerTools.Core.Tests.Build.Language;

/// <summary>Short ways to parse and to look at what came out.</summary>
internal static class Documents
{
    internal static Containerfile Parse(string text) => ContainerfileParser.Parse(Encoding.UTF8.GetBytes(text), "Containerfile");

    /// <summary>The instructions after FROM scratch.</summary>
    internal static IReadOnlyList<Instruction> Body(string text) => Parse("FROM scratch\n" + text).Stages[0].Instructions;

    internal static T One<T>(string text) where T : Instruction => Assert.IsType<T>(Assert.Single(Body(text)));

    internal static ContainerfileException Fails(string text) => Assert.Throws<ContainerfileException>(() => Parse(text));

    internal static string[] Rules(string text) => [.. Parse(text).Warnings.Select(w => $"{w.Rule}:{w.Range.StartLine}")];

    internal static StageScope Scope(Containerfile file, params (string, string)[] environment) =>
        new BuildScope(file, new()).Enter(file.Stages[0], environment.Select(e => KeyValuePair.Create(e.Item1, e.Item2)));

    /// <summary>The body, expanded in order.</summary>
    internal static List<Instruction> Expanded(string body, params (string, string)[] environment)
    {
        var file = Parse("FROM scratch\n" + body);
        var scope = Scope(file, environment);
        return [.. file.Stages[0].Instructions.Select(scope.Apply)];
    }
}
