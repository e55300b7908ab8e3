"""Every score by the name that the command line gives it."""

from nodewise.criteria import node_scores, response
from nodewise.criteria.findings import Findings

SCORES: dict[str, type[Findings]] = {
    "node-rads": node_scores.NodeRads,
    "ni-rads": node_scores.NiRads,
    "uspio-lipid": node_scores.UspioLipid,
    "uspio-pattern": node_scores.UspioPattern,
    "size-axial": node_scores.AxialSize,
    "size-maximal": node_scores.MaximalSize,
    "size-grouping": node_scores.Grouping,
    "size-ultrasound": node_scores.UltrasoundSize,
    "ceus-arrival": node_scores.CeusArrival,
    "ceus-enhancement": node_scores.CeusEnhancement,
    "tic-yabuuchi": node_scores.TicYabuuchi,
    "tic-peak-time": node_scores.TicPeakTime,
    "hopkins": response.Hopkins,
    "deauville": response.Deauville,
    "percist": response.Percist,
    "percist-measurable": response.PercistMeasurable,
    "percist-liver": response.PercistLiver,
    "eortc": response.Eortc,
    "recist-node": response.RecistNode,
    "recist": response.Recist,
    "irecist": response.Irecist,
    "regression": response.Regression,
    "pathological-response": response.PathologicalResponse,
    "treatment-effect": response.TreatmentEffect,
    "registry-effect": response.RegistryEffect,
}
