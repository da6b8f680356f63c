using System.Management.Automation;

namespace ContainerTools.Module.Tests;

/// <summary>What a script wrote to its streams.</summary>
public sealed record ScriptResult(
    IReadOnlyList<PSObject> Output, IReadOnlyList<ErrorRecord> Errors, IReadOnlyList<ProgressRecord> Progress, IReadOnlyList<WarningRecord> Warnings)
{
    public IReadOnlyList<string?> Lines => [.. Output.Select(o => o?.ToString())];

    public dynamic Single => Assert.Single(Output);

    /// <summary>Fails the test, with the errors, if there are any.</summary>
    public ScriptResult Succeeded()
    {
        Assert.True(Errors.Count == 0, string.Join('\n', Errors.Select(e => $"{e} [{e.FullyQualifiedErrorId}]\n{e.ScriptStackTrace}")));
        return this;
    }

    /// <summary>Fails the test unless there is exactly this one error.</summary>
    public ErrorRecord FailedWith(string errorId, ErrorCategory category)
    {
        Assert.True(Errors.Count > 0, "There was no error, but " + string.Join(", ", Lines));
        var error = Assert.Single(Errors);
        Assert.Equal(errorId, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(category, error.CategoryInfo.Category);
        return error;
    }
}
